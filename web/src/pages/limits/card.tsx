import { useId, useState } from 'preact/hooks';
import { history } from '../../api/history';
import type { Host, LimitsInput, Service, Stack } from '../../api/model';
import { GIB, bytes, gib, short } from '../../format';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { ContainerState } from '../../parts/container-state';
import { useDraft } from '../../parts/field';
import { useLoad } from '../../parts/load';
import { serviceTitle } from '../../parts/service-title';
import { showPlan } from '../../parts/jobs/open';
import { serverNow } from '../../state/store';
import { needOf } from './advice';
import { FineLimits, fineOf } from './fine';
import { GuardChoice } from './guard';
import { KernelLine } from './kernel-line';
import { NeighbourChoice, NeighbourLine } from './neighbour';
import { Sentence, judge } from './sentence';
import { LEAST, LimitSlider, topOf } from './slider';

interface Props {
	stack: Stack;
	service: Service;
	host: Host;
}

const MONTH_MS = 30 * 86400000;
/** What a NAS needs for itself. */
const KEEP = 0.2;

/** One container: what it may use, what it needed, what the choice would mean. */
export function LimitCard({ stack, service: s, host }: Props) {
	const { memory_total_bytes: total, cpus } = host;
	const id = useId();
	const to = Math.floor(serverNow() / 3600000) * 3600000 + 3600000;
	const month = useLoad((signal) => history({ stack: stack.name, service: s.name, series: ['memory_needed'], from: to - MONTH_MS, to, points: 2000 }, signal), `${stack.name} ${s.name} ${to}`);
	const need = month.data ? needOf(month.data) : null;
	const first = s.limits.memory_bytes;
	const [memory, setMemory] = useState<number | null>(first);
	const [fine, setFine] = useState(() => fineOf(s.limits));
	const [guard, setGuard] = useState(s.guard);
	const [neighbour, setNeighbour] = useState(s.neighbour);
	const [open, setOpen] = useState(false);
	const ceiling = total * (1 - KEEP);
	const say = memory === null ? null : judge(memory, total, ceiling, need, s);
	const changed = JSON.stringify([memory, fine, guard, neighbour]) !== JSON.stringify([first, fineOf(s.limits), s.guard, s.neighbour]);

	const apply = (bytes: number | null) => {
		const limits: LimitsInput = { ...fine, memory_bytes: bytes };
		showPlan({ method: 'PUT', path: `stacks/${stack.name}/services/${s.name}/limits`, body: { limits, guard, neighbour } });
	};
	const cancel = () => {
		setMemory(first);
		setFine(fineOf(s.limits));
		setGuard(s.guard);
		setNeighbour(s.neighbour);
	};
	const onText = (text: string) => {
		const n = Number(text.replace(',', '.'));
		if (text && n > 0) setMemory(Math.min(total, Math.max(LEAST, Math.round(n * GIB))));
	};
	const typed = useDraft(memory === null ? '' : gib(memory), onText);
	const better = say?.better && say.better <= total && say.better !== memory ? say.better : undefined;
	return (
		<section class="card" aria-labelledby={id}>
			<div class="card-head">
				<h2 id={id}>{serviceTitle(s)}</h2>
				<ContainerState of={s.container} />
				{s.usage?.needed_bytes != null && <span class="small soft">{t('limits.needs', { size: bytes(s.usage.needed_bytes) })}</span>}
				<KernelLine service={s} />
			</div>
			<div class="stack">
				{memory === null ? (
					<div class="actions">
						<p>{t('limits.unlimited')}</p>
						<Button onClick={() => setMemory(Math.max(LEAST, need ? need.peak * 1.2 : total / 2))}>{t('limits.set')}</Button>
					</div>
				) : (
					<>
						<div class="limit-say">
							<div class="field">
								<label for={`${id}-n`}>{t('limits.memory')}</label>
								<span class="value-in">
									<input class="input" id={`${id}-n`} inputMode="decimal" autocomplete="off" {...typed} />
									<span class="soft">GiB</span>
								</span>
							</div>
							<Sentence id={`${id}-s`} say={say!} />
						</div>
						<LimitSlider service={s} value={memory} top={topOf(total, memory, first, need?.peak, s.kernel_limits?.memory_bytes)} need={need} ceiling={ceiling} describedBy={`${id}-s`} onValue={setMemory} />
					</>
				)}
				<NeighbourLine stack={stack} service={s} />
				{open && <FineLimits value={fine} cpus={cpus} hasMemory={memory !== null} onChange={setFine} />}
				{open && memory !== null && <GuardChoice value={guard} memory={memory} total={total} onChange={setGuard} />}
				{open && <NeighbourChoice value={neighbour} limits={{ ...fine, memory_bytes: memory }} host={host} onChange={setNeighbour} />}
			</div>
			<div class="card-foot stretch">
				{better && changed && (
					<Button kind="primary" onClick={() => (setMemory(better), apply(better))}>
						{t('limits.use_instead', { n: bytes(better) })}
					</Button>
				)}
				<Button kind={better && changed ? undefined : 'primary'} disabled={!changed || !!stack.job} onClick={() => apply(memory)}>
					{t('limits.apply')}
				</Button>
				{changed && (
					<Button kind="quiet" onClick={cancel}>
						{t('cancel')}
					</Button>
				)}
				{memory !== null && (
					<Button kind="quiet" onClick={() => setMemory(null)}>
						{t('limits.remove')}
					</Button>
				)}
				<span class="small soft push">
					{fineText(s, cpus)} ·{' '}
					<button type="button" class="as-link" aria-expanded={open} onClick={() => setOpen(!open)}>
						{open ? t('limits.fold') : t('limits.change')}
					</button>
				</span>
			</div>
		</section>
	);
}

function fineText({ limits: l }: Service, cpus: number): string {
	const parts = [l.cpus === null ? t('limits.all_cpus', { n: cpus }) : t('limits.cpus', { n: short(l.cpus, 2), total: cpus })];
	if (l.blkio_weight !== null) parts.push(t('limits.weight', { n: l.blkio_weight }));
	return parts.join(' · ');
}
