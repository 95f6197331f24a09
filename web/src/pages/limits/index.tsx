import { t } from '../../lang';
import { Findings } from '../../parts/finding';
import { NoNode } from '../../parts/no-node';
import { PageHead } from '../../parts/page-head';
import { BuiltinNote } from '../../parts/builtin-note';
import { href } from '../../router';
import { hasContainer, useStack } from '../../state/stack';
import { useModel } from '../../state/store';
import { LimitCard } from './card';

export default function LimitsPage() {
	const { state } = useModel();
	const stack = useStack();
	if (!state || !stack) return <NoNode />;
	const mine = state.findings.filter((f) => f.stack === stack.name && /^(limit|memory|mem)\./.test(f.code));
	return (
		<>
			<PageHead title={t('nav.limits')} text={t('limits.text')} />
			<Findings findings={mine} />
			{stack.services.filter(hasContainer).map((s) => (
				<LimitCard key={`${stack.name} ${s.name} ${JSON.stringify([s.limits, s.guard, s.neighbour])}`} stack={stack} service={s} host={state.host} />
			))}
			<p>
				<a class="link" href={href('incidents')}>
					{t('limits.incidents')}
				</a>
			</p>
			<BuiltinNote stack={stack} text={t('limits.builtin')} />
		</>
	);
}
