// What uPlot does not draw by itself: gaps, event lines, the limit's label.
import type uPlot from 'uplot';
import { t } from '../../lang';
import type { Colours } from './colours';
import type { Mark } from './marks';

const dpr = () => devicePixelRatio || 1;

/** Hatched where nothing was recorded: a gap is not a zero. */
export function drawGaps(u: uPlot, main: number, c: Colours): void {
	const x = u.data[0];
	const y = u.data[main] as (number | null)[];
	const step = x.length > 1 ? x[1]! - x[0]! : 0;
	const hatch = pattern(u.ctx, c.axis);
	for (let i = 0; i < x.length; i++) {
		if (y[i] !== null) continue;
		let j = i;
		while (j + 1 < x.length && y[j + 1] === null) j++;
		const left = Math.max(u.valToPos(x[i]! - step / 2, 'x', true), u.bbox.left);
		const right = Math.min(u.valToPos(x[j]! + step / 2, 'x', true), u.bbox.left + u.bbox.width);
		if (hatch && right - left > 2 * dpr()) {
			u.ctx.save();
			u.ctx.globalAlpha = 0.35;
			u.ctx.fillStyle = hatch;
			u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
			u.ctx.restore();
			if (right - left > 70 * dpr()) label(u, t('chart.no_data'), (left + right) / 2, u.bbox.top + 16 * dpr(), c.axis, c.surface, 'center');
		}
		i = j;
	}
}

function pattern(ctx: CanvasRenderingContext2D, stroke: string): CanvasPattern | null {
	const size = Math.round(7 * dpr());
	const tile = document.createElement('canvas');
	tile.width = tile.height = size;
	const p = tile.getContext('2d')!;
	p.strokeStyle = stroke;
	p.lineWidth = dpr();
	p.beginPath();
	for (const shift of [-size, 0, size]) {
		p.moveTo(shift, size);
		p.lineTo(shift + size, 0);
	}
	p.stroke();
	return ctx.createPattern(tile, 'repeat');
}

export function drawMarks(u: uPlot, marks: Mark[], c: Colours): void {
	const { ctx, bbox } = u;
	ctx.save();
	for (const m of marks) {
		const x = Math.round(u.valToPos(m.at / 1000, 'x', true));
		if (x < bbox.left || x > bbox.left + bbox.width) continue;
		const bad = m.kind === 'oom' || m.kind === 'end';
		ctx.strokeStyle = bad ? c.bad : c.axis;
		ctx.lineWidth = (bad ? 1.5 : 1) * dpr();
		ctx.setLineDash(bad ? [] : [2 * dpr(), 3 * dpr()]);
		ctx.beginPath();
		ctx.moveTo(x, bbox.top);
		ctx.lineTo(x, bbox.top + bbox.height);
		ctx.stroke();
		if (m.label) label(u, m.label, x - 8 * dpr(), bbox.top + 14 * dpr(), bad ? c.bad : c.axis, c.surface, 'right', 600);
	}
	ctx.restore();
}

/** "limit 2.00" at the end of the dashed line, or at its beginning. */
export function drawLimit(u: uPlot, series: number, text: string, atStart: boolean, c: Colours): void {
	const y = (u.data[series] as (number | null)[]).filter((v): v is number => v !== null);
	const last = y[y.length - 1];
	if (last === undefined) return;
	const x = atStart ? u.bbox.left + 6 * dpr() : u.bbox.left + u.bbox.width - 4 * dpr();
	label(u, text, x, u.valToPos(last, 'y', true) - 7 * dpr(), c.limit, c.surface, atStart ? 'left' : 'right', 600);
}

function label(u: uPlot, text: string, x: number, y: number, colour: string, halo: string, align: CanvasTextAlign, weight = 400): void {
	const { ctx } = u;
	ctx.save();
	ctx.font = `${weight} ${12 * dpr()}px system-ui, sans-serif`;
	ctx.textAlign = align;
	ctx.lineJoin = 'round';
	ctx.lineWidth = 4 * dpr();
	ctx.strokeStyle = halo;
	ctx.strokeText(text, x, y);
	ctx.fillStyle = colour;
	ctx.fillText(text, x, y);
	ctx.restore();
}
