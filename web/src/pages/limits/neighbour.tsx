import type { Host, Limits, Neighbour, Service, Stack } from '../../api/model';
import { clockOf, percent, short } from '../../format';
import { t } from '../../lang';
import { Age, When } from '../../parts/age';
import { StateWord } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Check } from '../../parts/choice';
import { TextField } from '../../parts/field';
import { showPlan } from '../../parts/jobs/open';
import { ShareFields, numberOf } from './share';
import type { Share } from './share';

interface Props {
	value: Neighbour;
	limits: Limits;
	host: Host;
	onChange: (value: Neighbour) => void;
}

const LOAD = 0.7;
const DISK_WAIT = 30;
const FOR_S = 60;

/** When the service steps back for the NAS, and what it gets by the clock. */
export function NeighbourChoice({ value: v, limits, host, onChange }: Props) {
	const cpus = host.cpus;
	const own = limits.cpus ?? cpus;
	const waits = host.pressure.io_percent !== null;
	const busy = v.busy ?? null;
	const quiet = v.quiet ?? null;
	const share = (n: number): Share => ({ cpus: n, cpu_shares: null, blkio_weight: null });
	const setBusy = (on: boolean) => onChange({ quiet, busy: on ? { load_per_core: LOAD, io_pressure_percent: waits ? DISK_WAIT : null, for_s: FOR_S, ...share(Math.max(0.1, own / 4)) } : null });
	const setQuiet = (on: boolean) => onChange({ busy, quiet: on ? { from: '01:00', to: '07:00', ...share(cpus) } : null });
	return (
		<fieldset class="stack">
			<legend class="legend">{t('neighbour.legend')}</legend>
			<Check title={t('neighbour.busy')} note={t('neighbour.busy_note')} checked={busy !== null} onCheck={setBusy} />
			{busy && (
				<div class="fine-limits" role="group" aria-label={t('neighbour.busy')}>
					<TextField label={t('neighbour.load')} help={<LoadNow host={host} />} inputMode="decimal" value={text(busy.load_per_core)} onDone={(s) => onChange({ quiet, busy: { ...busy, load_per_core: numberOf(s) } })} />
					<TextField label={t('neighbour.disk')} help={<DiskNow host={host} />} inputMode="numeric" value={text(busy.io_pressure_percent)} onDone={(s) => onChange({ quiet, busy: { ...busy, io_pressure_percent: numberOf(s) } })} />
					<TextField label={t('neighbour.for')} help={t('neighbour.for_help')} inputMode="numeric" value={text(busy.for_s)} onDone={(s) => onChange({ quiet, busy: { ...busy, for_s: numberOf(s) } })} />
					<ShareFields value={busy} cpus={cpus} cpusHelp={t('neighbour.cpus_less', { n: short(own, 2) })} onChange={(s) => onChange({ quiet, busy: { ...busy, ...s } })} />
				</div>
			)}
			<Check title={t('neighbour.quiet')} note={t('neighbour.quiet_note')} checked={quiet !== null} onCheck={setQuiet} />
			{quiet && (
				<div class="fine-limits" role="group" aria-label={t('neighbour.quiet')}>
					<TextField label={t('neighbour.from')} help={<ClockNow host={host} />} value={quiet.from} maxLength={5} onDone={(from) => onChange({ busy, quiet: { ...quiet, from } })} />
					<TextField label={t('neighbour.to')} help={t('neighbour.to_help')} value={quiet.to} maxLength={5} onDone={(to) => onChange({ busy, quiet: { ...quiet, to } })} />
					<ShareFields value={quiet} cpus={cpus} cpusHelp={t('neighbour.cpus_quiet', { n: cpus })} onChange={(s) => onChange({ busy, quiet: { ...quiet, ...s } })} />
				</div>
			)}
		</fieldset>
	);
}

function text(n: number | null | undefined): string {
	return n == null ? '' : String(n);
}

function LoadNow({ host }: { host: Host }) {
	if (host.others_load1 === null) return <>{t('neighbour.load_help')}</>;
	return (
		<>
			{t('neighbour.load_help')} {t('neighbour.load_now', { n: short(host.others_load1 / host.cpus, 2) })} <Age at={host.at} reading />
		</>
	);
}

function DiskNow({ host }: { host: Host }) {
	const now = host.pressure.io_percent;
	if (now === null) return <>{t('neighbour.disk_unknown')}</>;
	return <>{t('neighbour.disk_help', { n: percent(now) })}</>;
}

function ClockNow({ host }: { host: Host }) {
	return <>{t('neighbour.from_help', { time: clockOf(host.local_minute) })}</>;
}

/** What it has just now, and the way back. */
export function NeighbourLine({ stack, service: s }: { stack: Stack; service: Service }) {
	const now = s.neighbour_now;
	if (!now || (!now.busy && !now.quiet)) return null;
	const off = () => showPlan({ method: 'PUT', path: `stacks/${stack.name}/services/${s.name}/limits`, body: { limits: s.limits, neighbour: { busy: null, quiet: null } } });
	return (
		<div class="actions">
			<StateWord tone={now.busy ? 'warn' : 'note'} icon="info">
				{t(now.busy ? 'neighbour.is_busy' : 'neighbour.is_quiet', { what: shareText(s) })}
			</StateWord>
			{now.at !== null && (
				<span class="small soft">
					{t('neighbour.since')} <When at={now.at} />
				</span>
			)}
			<Button disabled={!!stack.job} onClick={off}>
				{t('neighbour.back')}
			</Button>
		</div>
	);
}

/** What the kernel reports that is not as in its limits: "0.5 of its 2 cores". */
function shareText({ kernel_limits: k, limits: l }: Service): string {
	const parts: string[] = [];
	if (k && k.cpus !== l.cpus) parts.push(k.cpus === null ? t('neighbour.all_cores') : t('neighbour.cores', { n: short(k.cpus, 2) }));
	if (k && k.cpu_shares !== l.cpu_shares) parts.push(t('neighbour.shares', { n: k.cpu_shares ?? 1024 }));
	if (k && k.blkio_weight !== l.blkio_weight) parts.push(t('limits.weight', { n: k.blkio_weight ?? 500 }));
	return parts.join(', ');
}
