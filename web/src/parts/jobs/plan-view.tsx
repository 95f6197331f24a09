import type { Plan } from '../../api/model';
import { duration } from '../../format';
import { t } from '../../lang';
import { Command } from '../command';
import { Icon } from '../icon';
import type { IconName } from '../sprite';
import { Steps } from './steps';

/** Downtime, what stays, the way back; then the steps; then the same as docker commands. */
export function PlanView({ plan }: { plan: Plan }) {
	const commands = plan.steps.filter((s) => s.docker).map((s) => `# ${s.n}. ${s.title}\n${s.docker}`);
	return (
		<div class="stack">
			{plan.warnings.map((w) => (
				<div key={w.code} class="wouldbe is-warn">
					<Icon name="alert" />
					<p>
						<strong>{w.message}</strong>
						<span class="code-key">{w.code}</span>
					</p>
				</div>
			))}
			<ul class="promise">
				<Promised icon="clock" title={downText(plan)} />
				<Promised icon="keep" title={plan.one_way ? t('plan.one_way') : t('plan.kept')} text={plan.one_way ? t('plan.one_way_more') : t('plan.kept_more')} />
				<Promised icon="undo" title={t('plan.undo')} text={plan.undo} />
			</ul>
			<Steps steps={plan.steps} />
			{commands.length > 0 && <Command title={t('plan.docker')} text={commands.join('\n')} fold />}
		</div>
	);
}

function downText(plan: Plan): string {
	if (!plan.down) return t('plan.no_down');
	return plan.down_expected_s === null ? t('plan.down') : t('plan.down_for', { time: duration(plan.down_expected_s) });
}

function Promised({ icon, title, text }: { icon: IconName; title: string; text?: string }) {
	return (
		<li>
			<Icon name={icon} />
			<p>
				<b>{title}</b>
				{text && <span>{text}</span>}
			</p>
		</li>
	);
}
