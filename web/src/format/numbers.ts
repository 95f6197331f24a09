/** A space that never breaks: between a number and its unit. */
export const NBSP = '\u00a0';
/** A narrow one: between groups of three digits. */
const THIN = '\u202f';

/** 2423899 → "2 423 899" */
export function thousands(n: number): string {
	return Math.round(n)
		.toString()
		.replace(/\B(?=(\d{3})+$)/g, THIN);
}

/** A number with at most `digits` decimals, without trailing zeros. */
export function short(n: number, digits = 1): string {
	return String(Number(n.toFixed(digits)));
}

/** For the few pixels beside a chart: 2400000 → "2.4 M" */
export function brief(n: number): string {
	if (Math.abs(n) >= 1e6) return `${short(n / 1e6, 2)}${THIN}M`;
	return Math.abs(n) >= 1e4 ? `${short(n / 1e3)}${THIN}k` : short(n, 3);
}

/** 12.34 → "12.3 %" */
export function percent(n: number, digits = 1): string {
	return `${short(n, digits)}${NBSP}%`;
}

export function count(n: number, one: string, many: string): string {
	return `${thousands(n)}${NBSP}${n === 1 ? one : many}`;
}
