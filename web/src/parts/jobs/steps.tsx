import type { Step } from '../../api/model';
import { duration } from '../../format';
import { t } from '../../lang';
import { useNow } from '../../state/clock';
import { Icon } from '../icon';
import { Ring } from '../ring';
import { StepProgress } from './step-progress';

const LOOKS: Record<Step['state'], string> = {
	pending: 'todo',
	running: 'now',
	done: 'done',
	failed: 'fail',
	undoing: 'now',
	undone: 'back',
	skipped: 'todo',
};

/** The same list before, during and after: the mark changes, and the cost becomes the time it took. */
export function Steps({ steps }: { steps: Step[] }) {
	// After a step has failed, those behind it will not come: they cost nothing.
	const over = steps.some((s) => s.state === 'failed' || s.state === 'undoing' || s.state === 'undone');
	return (
		<ol class="steps">
			{steps.map((s, i) => (
				<StepRow key={s.n} step={s} over={over} downBegins={s.down && !steps[i - 1]?.down} upAgain={!s.down && !!steps[i - 1]?.down} />
			))}
		</ol>
	);
}

interface RowProps {
	step: Step;
	over: boolean;
	downBegins: boolean;
	upAgain: boolean;
}

function StepRow({ step: s, over, downBegins, upAgain }: RowProps) {
	const coming = s.state === 'pending' && !over;
	const running = s.state === 'running' || s.state === 'undoing';
	return (
		<li class={LOOKS[s.state]}>
			<Mark step={s} />
			<div>
				<span class="title">{s.title}</span>
				{s.state !== 'pending' && <span class="vh"> ({t(`step.${s.state}`)})</span>}
				<div class="detail">{s.note ?? s.detail}</div>
			</div>
			<div class="cost">
				{s.state === 'pending' && over ? t('step.not_run') : <Cost step={s} />}
				{coming && downBegins && <span class="faint">{t('step.down_from_here')}</span>}
				{coming && upAgain && <span class="faint">{t('step.up_again')}</span>}
			</div>
			{running && s.progress && <StepProgress title={s.title} progress={s.progress} />}
		</li>
	);
}

function Mark({ step: s }: { step: Step }) {
	const inside = () => {
		switch (s.state) {
			case 'done':
				return <Icon name="check" />;
			case 'failed':
				return <Icon name="x" />;
			case 'undone':
				return <Icon name="undo" />;
			case 'running':
			case 'undoing':
				return <Ring part={s.progress && s.progress.total > 0 ? s.progress.done / s.progress.total : null} />;
			default:
				return s.n;
		}
	};
	return <span class="mark">{inside()}</span>;
}

function Cost({ step: s }: { step: Step }) {
	const now = useNow();
	const usual = s.expected_s === null ? null : duration(s.expected_s);
	// Its end is that of the way back, so its times say nothing about the step.
	if (s.state === 'skipped' || s.state === 'undone') return <>{t(`step.${s.state}`)}</>;
	if (s.started_at === null) return <>{usual}</>;
	const took = duration(((s.ended_at ?? now) - s.started_at) / 1000);
	return (
		<>
			{took}
			{s.ended_at === null && usual && <span class="faint">{t('step.usually', { time: usual })}</span>}
		</>
	);
}
