// One finger moves the time, two fingers stretch it; up and down still scrolls the page.
import type uPlot from 'uplot';

export function touchPlugin(onRange: (from: number, to: number) => void): uPlot.Plugin {
	return { hooks: { ready: (u) => listen(u, onRange) } };
}

function listen(u: uPlot, onRange: (from: number, to: number) => void): void {
	const { over } = u;
	let start: { x: number; dist: number; min: number; max: number } | null = null;

	const middle = (e: TouchEvent) => {
		const xs = Array.from(e.touches, (p) => p.clientX);
		return { x: xs.reduce((a, b) => a + b, 0) / xs.length, dist: xs.length > 1 ? Math.abs(xs[0]! - xs[1]!) : 0 };
	};
	const begin = (e: TouchEvent) => {
		const { min, max } = u.scales.x!;
		start = { ...middle(e), min: min!, max: max! };
	};
	const move = (e: TouchEvent) => {
		if (!start) return;
		const now = middle(e);
		const width = over.clientWidth;
		const span = start.max - start.min;
		const zoom = start.dist && now.dist ? start.dist / now.dist : 1;
		const at = start.min + ((start.x - over.getBoundingClientRect().left) / width) * span;
		const shift = ((start.x - now.x) / width) * span;
		u.setScale('x', { min: at - (at - start.min) * zoom + shift, max: at + (start.max - at) * zoom + shift });
	};
	const end = (e: TouchEvent) => {
		if (!start) return;
		const { min, max } = u.scales.x!;
		const moved = Math.abs(min! - start.min) + Math.abs(max! - start.max) > (max! - min!) / 50;
		start = null;
		if (e.touches.length > 0) begin(e);
		else if (moved) onRange(min! * 1000, max! * 1000);
	};
	over.addEventListener('touchstart', begin, { passive: true });
	over.addEventListener('touchmove', move, { passive: true });
	over.addEventListener('touchend', end, { passive: true });
}
