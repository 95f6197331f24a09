// Tiny pictures for the tiles: plain SVG, no chart library on the first page.

type Values = (number | null)[];
const W = 200;
const H = 40;

function points(values: Values, max: number): [number, number][] {
	const step = W / Math.max(values.length - 1, 1);
	return values.flatMap((v, i): [number, number][] => (v === null ? [] : [[i * step, H - (v / max) * (H - 3)]]));
}

const path = (p: [number, number][]) => p.map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
const area = (p: [number, number][]) => (p.length ? `${path(p)}L${p[p.length - 1]![0].toFixed(1)} ${H}L${p[0]![0].toFixed(1)} ${H}Z` : '');

function Frame({ children }: { children: preact.ComponentChildren }) {
	return (
		<svg class="spark" viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" aria-hidden="true">
			{children}
		</svg>
	);
}

export function BarSpark({ values }: { values: Values }) {
	const shown = values.slice(-48);
	const max = Math.max(...shown.map((v) => v ?? 0), 0.01);
	const step = W / Math.max(shown.length, 1);
	return (
		<Frame>
			<g class="fill-bar">
				{shown.map((v, i) => {
					const h = v === null ? 0 : Math.max(0.8, (v / max) * (H - 2));
					return <rect key={i} x={(i * step).toFixed(1)} y={(H - h).toFixed(1)} width={(step * 0.68).toFixed(1)} height={h.toFixed(1)} />;
				})}
			</g>
			<path class="line-grid ns" d={`M0 ${H}H${W}`} />
		</Frame>
	);
}

interface MemoryProps {
	needed: Values;
	cache: Values;
	limit: number | null;
}

/** Needed below, cache on it, the limit as a dashed line. */
export function MemorySpark({ needed, cache, limit }: MemoryProps) {
	const total = needed.map((n, i) => (n === null ? null : n + (cache[i] ?? 0)));
	const top = Math.max(...total.map((v) => v ?? 0), 1);
	const max = Math.max(top, limit !== null && limit < top * 4 ? limit : top);
	const y = limit === null || limit > max ? null : H - (limit / max) * (H - 3);
	return (
		<Frame>
			<path class="fill-cache" d={area(points(total, max))} />
			<path class="line-cache ns" d={path(points(total, max))} />
			<path class="fill-need" d={area(points(needed, max))} />
			<path class="line-need ns" d={path(points(needed, max))} />
			{y !== null && <path class="line-limit ns" d={`M0 ${y.toFixed(1)}H${W}`} />}
		</Frame>
	);
}

export function LineSpark({ values }: { values: Values }) {
	const max = Math.max(...values.map((v) => v ?? 0), 1) * 1.15;
	return (
		<Frame>
			<path class="fill-need" d={area(points(values, max))} />
			<path class="line-need ns" d={path(points(values, max))} />
			<path class="line-grid ns" d={`M0 ${H}H${W}`} />
		</Frame>
	);
}
