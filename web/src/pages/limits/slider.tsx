import type { Service } from '../../api/model';
import { GIB, MIB, bytes, gib } from '../../format';
import { t } from '../../lang';
import { bins } from './advice';
import type { Need } from './advice';
import { placeTicks } from './ticks';
import type { Tick } from './ticks';

interface Props {
	service: Service;
	/** bytes */
	value: number;
	/** The right end of the track. */
	top: number;
	need: Need | null;
	/** Above this the NAS keeps too little. */
	ceiling: number;
	describedBy: string;
	onValue: (bytes: number) => void;
}

const BINS = 60;
const ROW_HEIGHT = 17;
export const LEAST = 64 * MIB;

/** The whole NAS for a node; for something small, four times what it needs or may. */
export function topOf(total: number, ...sizes: (number | null | undefined)[]): number {
	const largest = Math.max(...sizes.map((s) => s ?? 0));
	const wished = Math.max(1, Math.ceil((largest * 4) / GIB)) * GIB;
	return Math.min(total, wished);
}

/** How long it needed how much stands on the track; what lies beyond the thumb turns red. */
export function LimitSlider({ service: s, value, top, need, ceiling, describedBy, onValue }: Props) {
	const part = (n: number) => Math.max(0, Math.min(1, (n - LEAST) / (top - LEAST)));
	const at = (n: number) => `${(part(n) * 100).toFixed(2)}%`;
	const kernel = s.kernel_limits?.memory_bytes ?? null;
	const id = `hatch-${s.name}`;
	return (
		<div>
			<div class="limiter">
				<Marks ticks={ticksOf(s, need, part)} />
				<svg class="peaks" aria-hidden="true">
					{need && bins(need, top, BINS).map((b) => b.part > 0 && <rect key={b.from} class={b.from >= value ? 'out' : 'in'} x={at(b.from)} width={`${(78 / BINS).toFixed(2)}%`} y={(48 - b.part * 44).toFixed(1)} height={(b.part * 44).toFixed(1)} />)}
				</svg>
				<div class="rail-line">
					<svg class="track" aria-hidden="true">
						<defs>
							<pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
								<path class="hatch-warn" d="M0 0V5" />
							</pattern>
						</defs>
						<rect class="base" x="0" y=".5" width="100%" height="7" rx="3.5" />
						{ceiling < top && <rect x={at(ceiling)} y="1" width={`${((1 - part(ceiling)) * 100).toFixed(2)}%`} height="6" fill={`url(#${id})`} />}
						<rect class="used" x="0" y="0" width={at(value)} height="8" rx="4" />
						{kernel !== null && <line class="kernel" x1={at(kernel)} x2={at(kernel)} y1="-5" y2="13" />}
					</svg>
					<input
						class="range"
						type="range"
						min={LEAST}
						max={top}
						step={16 * MIB}
						value={value}
						aria-label={t('limits.slider', { title: s.title })}
						aria-valuetext={bytes(value)}
						aria-describedby={describedBy}
						onInput={(e) => onValue(Number(e.currentTarget.value))}
					/>
				</div>
				<Scale top={top} part={part} kernel={kernel} />
			</div>
			<Keys service={s} need={need} top={top} ceiling={ceiling} />
		</div>
	);
}

function ticksOf(s: Service, need: Need | null, part: (n: number) => number): Tick[] {
	const ticks: Tick[] = [];
	if (need) ticks.push({ x: part(need.p99), text: t('limits.p99', { n: bytes(need.p99) }) }, { x: part(need.peak), text: t('limits.peak', { n: bytes(need.peak) }) });
	if (s.limits.memory_bytes !== null) ticks.push({ x: part(s.limits.memory_bytes), text: t('limits.yours', { n: bytes(s.limits.memory_bytes) }), strong: true });
	return ticks;
}

function Marks({ ticks }: { ticks: Tick[] }) {
	return (
		<svg class="marks" aria-hidden="true">
			{placeTicks(ticks).map((k) => {
				const x = `${(k.x * 100).toFixed(2)}%`;
				const y = k.row * ROW_HEIGHT;
				return (
					<>
						<line class={k.strong ? 'tick lim' : 'tick'} x1={x} x2={x} y1={y + 3} y2="98" />
						<svg x={x} overflow="visible">
							<text class={k.strong ? 'chart-text strong' : 'chart-text'} y={y + 13} dx={k.left ? -5 : 5} text-anchor={k.left ? 'end' : 'start'}>
								{k.text}
							</text>
						</svg>
					</>
				);
			})}
		</svg>
	);
}

function Scale({ top, part, kernel }: { top: number; part: (n: number) => number; kernel: number | null }) {
	const step = top > GIB ? Math.max(1, Math.ceil(top / GIB / 8)) * GIB : 256 * MIB;
	const steps: number[] = [];
	for (let n = step; n < top * 0.94; n += step) if (kernel === null || Math.abs(part(n) - part(kernel)) > 0.1) steps.push(n);
	const x = (n: number) => `${(part(n) * 100).toFixed(2)}%`;
	return (
		<svg class="scale" aria-hidden="true">
			{steps.map((n) => (
				<text key={n} class="chart-text opt" x={x(n)} y="12" text-anchor="middle">
					{top > GIB ? n / GIB : n / MIB}
				</text>
			))}
			{(kernel === null || part(kernel) < 0.88) && (
				<text class="chart-text" x="100%" y="12" text-anchor="end">
					{bytes(top)}
				</text>
			)}
			{kernel !== null && (
				<text class="chart-text strong" x={x(kernel)} y="12" text-anchor={part(kernel) < 0.06 ? 'start' : part(kernel) > 0.94 ? 'end' : 'middle'}>
					{t('limits.kernel_mark', { n: kernel < GIB ? bytes(kernel) : gib(kernel) })}
				</text>
			)}
		</svg>
	);
}

/** On a phone the labels are a list. */
function Keys({ service: s, need, top, ceiling }: { service: Service; need: Need | null; top: number; ceiling: number }) {
	const row = (name: string, value: number, lim = false) => (
		<li key={name}>
			<svg aria-hidden="true">
				<line class={lim ? 'tick lim' : 'tick'} x1="7" x2="7" y1="0" y2="14" />
			</svg>
			<span>{name}</span>
			<b>{bytes(value)}</b>
		</li>
	);
	return (
		<ul class="limiter-keys">
			{need && row(t('limits.p99_key'), need.p99)}
			{need && row(t('limits.peak_key'), need.peak)}
			{s.limits.memory_bytes !== null && row(t('limits.yours_key'), s.limits.memory_bytes, true)}
			{ceiling < top && row(t('limits.ceiling_key'), ceiling)}
		</ul>
	);
}
