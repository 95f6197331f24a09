import type { History, Service, Stack, State } from '../../api/model';
import { bytes, bytesParts, clock, duration } from '../../format';
import { t } from '../../lang';
import { useNow } from '../../state/clock';
import { service } from '../../state/stack';
import { Lamps } from '../lamps';
import { relayLamps } from '../relay-lamps';
import { relayLines, relayWord } from '../relay-words';
import { BarSpark, LineSpark, MemorySpark } from '../spark';
import { syncHeadline, syncLines } from '../sync-words';
import { Tile } from './tile';

interface Props {
	state: State;
	stack: Stack;
	day: History | undefined;
}

export function Tiles({ state, stack, day }: Props) {
	const node = service(stack, 'node');
	const relay = service(stack, 'relay');
	return (
		<section class="tiles" aria-label={t('tiles')}>
			{node && <SyncTile node={node} day={day} />}
			{node && <MemoryTile node={node} day={day} />}
			<DiskTile state={state} stack={stack} day={day} />
			<RelayTile relay={relay} />
		</section>
	);
}

/** A value as large number and small unit. */
function Amount({ n, text }: { n: number; text: string }) {
	const [value, unit] = bytesParts(n);
	return (
		<>
			{value}{' '}
			<small>
				{unit} {text}
			</small>
		</>
	);
}

function Lines({ of }: { of: string[] }) {
	return (
		<>
			{of.map((line, i) => (
				<>
					{i > 0 && <br />}
					{line}
				</>
			))}
		</>
	);
}

function SyncTile({ node, day }: { node: Service; day?: History }) {
	const rates = day?.series.blocks_per_s?.mean;
	return (
		<Tile page="node" icon="sync" label={t('tile.sync')} value={syncHeadline(node.sync)} sub={<Lines of={syncLines(node.sync)} />} at={node.sync?.at}>
			{rates?.some((v) => v !== null) && <BarSpark values={rates} />}
		</Tile>
	);
}

function MemoryTile({ node, day }: { node: Service; day?: History }) {
	const u = node.usage;
	const needed = day?.series.memory_needed;
	const cache = day?.series.memory_cache;
	const peak = peakOf(day);
	const limit = u?.limit_bytes ?? null;
	const lines = [[u?.cache_bytes != null && t('tile.cache', { size: bytes(u.cache_bytes) }), limit === null ? t('tile.no_limit') : t('tile.limit', { size: bytes(limit) })].filter(Boolean).join(' · ')];
	if (peak) lines.push(t('tile.peak', { size: bytes(peak.value), time: clock(peak.at) }));
	return (
		<Tile
			page="limits"
			icon="memory"
			label={t('tile.memory')}
			value={u?.needed_bytes == null ? t('unknown') : <Amount n={u.needed_bytes} text={t('tile.needed')} />}
			sub={<Lines of={u ? lines : [t('tile.no_reading')]} />}
			at={u?.at}
		>
			{needed?.mean.some((v) => v !== null) && <MemorySpark needed={needed.mean} cache={cache?.mean ?? []} limit={limit} />}
		</Tile>
	);
}

function peakOf(day?: History): { value: number; at: number } | null {
	const max = day?.series.memory_needed?.max ?? [];
	let best = -1;
	max.forEach((v, i) => {
		if (v !== null && (best < 0 || v > max[best]!)) best = i;
	});
	return best < 0 ? null : { value: max[best]!, at: day!.t[best]! };
}

function DiskTile({ state, stack, day }: { state: State; stack: Stack; day?: History }) {
	const d = stack.disk;
	const free = d?.free_bytes ?? state.host.volume.free_bytes;
	const sizes = day?.series.chain_size?.mean;
	const lines = [t('tile.free', { size: bytes(free) })];
	if (d?.kept_bytes) lines.push(t('tile.kept', { size: bytes(d.kept_bytes) }));
	else if (sizes) lines.push(growthLine(sizes) ?? state.host.volume.fs);
	return (
		<Tile page="chain" icon="disk" label={t('tile.disk')} value={d?.chain_bytes == null ? t('unknown') : <Amount n={d.chain_bytes} text={t('tile.chain')} />} sub={<Lines of={lines} />} at={d?.at && Math.max(d.at, state.host.at)}>
			{sizes?.some((v) => v !== null) && <LineSpark values={sizes} />}
		</Tile>
	);
}

function growthLine(sizes: (number | null)[]): string | null {
	const known = sizes.filter((v): v is number => v !== null);
	const grown = known.length > 1 ? known[known.length - 1]! - known[0]! : 0;
	return grown > 0 ? t('tile.grown', { size: bytes(grown) }) : null;
}

function RelayTile({ relay }: { relay: Service | undefined }) {
	const now = useNow();
	if (!relay) return <Tile page="relay" icon="relay" label={t('tile.relay')} value={t('tile.no_relay')} sub={t('tile.no_relay_more')} at={now} />;
	if (relay.builtin)
		return (
			<Tile page="relay" icon="relay" label={t('tile.relay')} value={relayWord(relay.relay)} sub={<Lines of={relayLines(relay.relay, now)} />} at={relay.relay?.at ?? now}>
				<Lamps lamps={relayLamps(relay, now)} mini />
			</Tile>
		);
	const c = relay.container;
	if (!c || c.presence === 'unknown') return <Tile page="relay" icon="relay" label={t('tile.relay')} value={t('container.unknown')} sub={t('tile.no_answer')} at={relay.usage?.at} />;
	const running = c.state === 'running';
	const lamps = relayLamps(relay, now);
	const lines = running && c.started_at ? [t('container.running_for', { time: duration((now - c.started_at) / 1000) }), `${t('relay.connection')}: ${lamps[2]!.text}`] : [t('tile.relay_off')];
	return (
		<Tile page="relay" icon="relay" label={t('tile.relay')} value={running ? t('tile.relay_running') : t('tile.relay_stopped')} sub={<Lines of={lines} />} at={relay.usage?.at ?? now}>
			<Lamps lamps={lamps} mini />
		</Tile>
	);
}
