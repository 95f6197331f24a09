import { useState } from 'preact/hooks';
import { get } from '../../api/client';
import type { Chains, Stack } from '../../api/model';
import { bytes, duration } from '../../format';
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
import { showPlan } from '../../parts/jobs/open';
import { ResyncDialog } from './resync-dialog';
import { Trash } from './trash';
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
				<Button icon="keep" disabled={!!stack.job} onClick={() => showPlan({ method: 'POST', path: `stacks/${stack.name}/copy` })}>
					{t('chain.copy')}
				</Button>
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
	const { current, kept, trash } = chains.data;
	const v = state!.host.volume;
	const sum = (list: typeof kept) => list.reduce((n, k) => n + (k.extra_bytes ?? 0), 0);
	const disk = stack.disk;
	const free = disk?.free_bytes ?? v.free_bytes;
	return (
		<>
			<section class="card" aria-label={t('chain.size')}>
				<Facts>
					<Fact label={t('chain.current')} huge small={current.db_version === null ? undefined : t('chain.format', { n: current.db_version })}>
						{current.bytes === null ? t('unknown') : bytes(current.bytes)}
					</Fact>
					<Fact label={t('chain.aside')} huge>
						{bytes(sum(kept))}
					</Fact>
					<Fact label={t('chain.growth')} huge small={disk?.growth_bytes_per_day == null ? undefined : t('chain.a_week')}>
						{disk?.growth_bytes_per_day == null ? t('unknown') : bytes(disk.growth_bytes_per_day * 7)}
					</Fact>
					<Fact label={t('chain.free')} huge small={v.fs}>
						{bytes(free)}
					</Fact>
					{disk?.days_left != null && (
						<Fact label={t('chain.lasts')} huge small={disk.floor_bytes ? t('chain.floor', { floor: bytes(disk.floor_bytes) }) : undefined}>
							{duration(disk.days_left * 86400)}
						</Fact>
					)}
					<Fact label={t('chain.folder')} mono small={<Age at={current.at} prefix={t('chain.measured')} />}>
						{stack.data_dir}
					</Fact>
				</Facts>
				<VolumeBar total={v.total_bytes} free={free} chain={current.bytes ?? 0} kept={sum(kept)} trash={sum(trash)} />
			</section>
			<KeptChains stack={stack} kept={kept} />
			<Trash stack={stack} trash={trash} kept={kept.length} />
		</>
	);
}
