import { t } from '../lang';
import { NBSP } from './numbers';

export const KIB = 1024;
export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;
const TIB = 1024 ** 4;

/** Size, name, decimals. */
type Unit = [number, string, number];
const UNITS: Unit[] = [
	[TIB, 'TiB', 1],
	[GIB, 'GiB', 1],
	[MIB, 'MiB', 0],
	[KIB, 'KiB', 0],
	[1, 'B', 0],
];

/** The largest unit that fits; what would be shown as 1024 of one is 1 of the next. */
function unitOf(n: number): Unit {
	const rounding = (i: number) => (UNITS[i + 1]?.[0] ?? 0) / 10 ** (UNITS[i + 1]?.[2] ?? 0) / 2;
	return UNITS.find(([size], i) => Math.abs(n) >= size - rounding(i)) ?? UNITS[UNITS.length - 1]!;
}

/** The number without its unit, and the unit: ["1.2", "GiB"]. */
export function bytesParts(n: number): [string, string] {
	const [size, unit, digits] = unitOf(n);
	return [(n / size).toFixed(digits), unit];
}

/** 1288490188 → "1.2 GiB"; memory and disk have one decimal from one GiB. */
export function bytes(n: number): string {
	return bytesParts(n).join(NBSP);
}

/** 118 of 180 MiB: both in the unit of the larger one. */
export function bytesOf(done: number, total: number): string {
	const [size, unit, digits] = unitOf(total);
	return t('format.of', { done: (done / size).toFixed(digits), total: `${(total / size).toFixed(digits)}${NBSP}${unit}` });
}

/** "1.50": GiB with two decimals, for limits beside what the kernel reports. */
export function gib(n: number, digits = 2): string {
	return (n / GIB).toFixed(digits);
}
