import { API } from '../../api/client';
import { bytes, percent } from '../../format';
import { t } from '../../lang';
import { useStack } from '../../state/stack';
import { useModel } from '../../state/store';
import { useStale } from '../age';

export function Foot() {
	const { state } = useModel();
	const stack = useStack();
	const stale = useStale(state?.program.at);
	if (!state) return null;
	const node = stack?.services.find((s) => s.name === 'node');
	const versions = [`${t('brand')} ${state.version}`, node && [node.title, node.version].filter(Boolean).join(' '), state.engine.version && `Docker ${state.engine.version}`];
	const p = state.program;
	return (
		<footer class="foot">
			<span>{versions.filter(Boolean).join(' · ')}</span>
			<span class={stale ? 'stale' : undefined}>
				{t('foot.program', { memory: bytes(p.rss_bytes) })}
				{p.cpu_percent !== null && ` · ${percent(p.cpu_percent)} CPU`}
			</span>
			<nav aria-label={t('foot.product')}>
				<a href={`${API}openapi.yaml`}>{t('foot.api')}</a>
			</nav>
		</footer>
	);
}
