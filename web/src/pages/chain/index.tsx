import { useState } from 'preact/hooks';
import { get } from '../../api/client';
import type { Chains, Stack } from '../../api/model';
import { bytes } from '../../format';
import { t } from '../../lang';
import { Age } from '../../parts/age';
import { Bones } from '../../parts/bones';
import { Button } from '../../parts/button';
import { Fact, Facts } from '../../parts/facts';
import { Findings } from '../../parts/finding';
import { useLoad } from '../../parts/load';
import { NoNode } from '../../parts/no-node';
import { PageHead } from '../../parts/page-head';
import { Problem } from '../../parts/problem';
import { useRecipes } from '../../parts/use-recipes';
import { service, useStack } from '../../state/stack';
import { useModel } from '../../state/store';
import { KeptChains } from './kept';
import { ResyncDialog } from './resync-dialog';
import { VolumeBar } from './volume-bar';

/** The database of the node: its size, the chains set aside, and a new sync. */
export default function ChainPage() {
	const { state } = useModel();
	const stack = useStack();
	const recipes = useRecipes();
	const [resync, setResync] = useState(false);
	const node = service(stack, 'node');
	if (!state || !stack || !node) return <NoNode />;
	const recipe = recipes.find((r) => r.id === node.recipe);
	return (
		<>
			<PageHead title={t('nav.chain')} text={t('chain.text')}>
				<Button icon="sync" disabled={!!stack.job} onClick={() => setResync(true)}>
					{t('chain.resync')}
				</Button>
			</PageHead>
			<Findings findings={state.findings.filter((f) => f.stack === stack.name && /^(chain|disk|sync)\./.test(f.code))} />
			<Sizes stack={stack} />
			{resync && <ResyncDialog stack={stack} service={node} recipe={recipe} onClose={() => setResync(false)} />}
		</>
	);
}

function Sizes({ stack }: { stack: Stack }) {
	const { state } = useModel();
	// A job that ended may have set a chain aside or put one back.
	const chains = useLoad((signal) => get<Chains>(`stacks/${stack.name}/chains`, { signal }), `${stack.name} ${stack.job}`);
	if (chains.error) return <Problem error={chains.error} onRetry={chains.reload} />;
	if (!chains.data) return <Bones />;
	const { current, kept } = chains.data;
	const v = state!.host.volume;
	const keptBytes = kept.reduce((n, k) => n + (k.bytes ?? 0), 0);
	return (
		<>
			<section class="card" aria-label={t('chain.size')}>
				<Facts>
					<Fact label={t('chain.current')} huge small={current.db_version === null ? undefined : t('chain.format', { n: current.db_version })}>
						{current.bytes === null ? t('unknown') : bytes(current.bytes)}
					</Fact>
					<Fact label={t('chain.aside')} huge>
						{bytes(keptBytes)}
					</Fact>
					<Fact label={t('chain.free')} huge small={v.fs}>
						{bytes(v.free_bytes)}
					</Fact>
					<Fact label={t('chain.folder')} mono small={<Age at={current.at} prefix={t('chain.measured')} />}>
						{stack.data_dir}
					</Fact>
				</Facts>
				<VolumeBar total={v.total_bytes} free={v.free_bytes} chain={current.bytes ?? 0} kept={keptBytes} />
			</section>
			<KeptChains stack={stack} kept={kept} />
		</>
	);
}
