import { t } from '../lang';
import { NBSP } from './numbers';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

/** 62 → "1 min 2 s"; at most two units, the second one only below ten of the first. */
export function duration(seconds: number): string {
	const s = Math.max(0, Math.round(seconds));
	if (s < MINUTE) return `${s}${NBSP}s`;
	if (s < HOUR) return pair(Math.floor(s / MINUTE), 'min', s % MINUTE, 's');
	if (s < DAY) return pair(Math.floor(s / HOUR), 'h', Math.floor((s % HOUR) / MINUTE), 'min');
	return pair(Math.floor(s / DAY), 'd', Math.floor((s % DAY) / HOUR), 'h');
}

function pair(first: number, unit: string, second: number, unit2: string): string {
	const head = `${first}${NBSP}${unit}`;
	return second > 0 && first < 10 ? `${head} ${second}${NBSP}${unit2}` : head;
}

const RANGE_UNITS: [number, string][] = [
	[DAY, 'd'],
	[HOUR, 'h'],
	[MINUTE, 'min'],
];

/** 7200, 10800 → "2–3 h". What is shown holds both ends; one that is narrower than its unit is "about 2 h". */
export function range(low: number, high: number): string {
	const [size, unit] = RANGE_UNITS.find(([size]) => high >= 2 * size) ?? [1, 's'];
	if (high - low < size) return t('format.about', { time: `${Math.max(1, Math.round((low + high) / 2 / size))}${NBSP}${unit}` });
	const a = Math.floor(low / size);
	const b = `${Math.ceil(high / size)}${NBSP}${unit}`;
	return a ? `${a}–${b}` : t('format.up_to', { time: b });
}

const AGE_UNITS: [number, string][] = [...RANGE_UNITS, [1, 's']];

/** A reading's age: "now", "9 s ago", "3 min ago". */
export function ago(ms: number): string {
	const s = Math.round(ms / 1000);
	if (s < 1) return t('format.now');
	const [size, unit] = AGE_UNITS.find(([size]) => s >= size)!;
	return t('format.ago', { time: `${Math.floor(s / size)}${NBSP}${unit}` });
}

const two = (n: number) => String(n).padStart(2, '0');

/** 14:02 */
export function clock(at: number): string {
	const d = new Date(at);
	return `${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** Minutes of a day, of a clock that is not the browser's: 842 → "14:02" */
export function clockOf(minutes: number): string {
	return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** 14:02:09 */
export function clockSeconds(at: number): string {
	return `${clock(at)}:${two(new Date(at).getSeconds())}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export function sameDay(a: number, b: number): boolean {
	return new Date(a).toDateString() === new Date(b).toDateString();
}

/** Thu 19 Nov */
export function day(at: number): string {
	const d = new Date(at);
	return `${DAYS[d.getDay()]} ${d.getDate()} ${MONTHS[d.getMonth()]}`;
}

/** Nov 2026 */
export function month(at: number): string {
	const d = new Date(at);
	return `${MONTHS[d.getMonth()]} ${d.getFullYear()}`;
}

/** "today 14:02", "Thu 19 Nov 12:40"; `time` says how exactly. */
export function moment(at: number, now: number, time = clock): string {
	if (sameDay(at, now)) return t('format.today', { time: time(at) });
	if (sameDay(at, now - DAY * 1000)) return t('format.yesterday', { time: time(at) });
	const year = new Date(at).getFullYear();
	return `${day(at)}${year === new Date(now).getFullYear() ? '' : ` ${year}`} ${time(at)}`;
}

/** For tooltips: the whole date, unambiguous. */
export function absolute(at: number): string {
	const d = new Date(at);
	return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clockSeconds(at)}`;
}
