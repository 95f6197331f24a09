import type { Service, Stack } from '../../api/model';
import { bytes, count, duration, percent, short } from '../../format';
import { t } from '../../lang';
import { ReadAge, When, useStale } from '../../parts/age';
import { ContainerState } from '../../parts/container-state';
import { Fact, Facts } from '../../parts/facts';
import { Icon } from '../../parts/icon';
import { href } from '../../router';
import { useNow } from '../../state/clock';

/** State, version, image, uptime; what it uses now. */
export function NodeFacts({ node, stack }: { node: Service; stack: Stack }) {
	const now = useNow();
	const c = node.container;
	const u = node.usage;
	const stale = useStale(u?.at);
	const digest = c?.image_id?.replace('sha256:', '').slice(0, 12);
	return (
		<section class="card stack" aria-labelledby="now">
			<div class="card-head">
				<h2 id="now">{t('node.now')}</h2>
				<ContainerState of={c} />
				<p class="kernel push">
					<ReadAge at={u?.at} />
				</p>
			</div>
			<Facts>
				<Fact label={t('node.version')} small={node.version ? undefined : t('node.version_more')}>
					{node.version ?? t('unknown')}
				</Fact>
				<Fact label={t('node.image')} small={digest && <span class="mono">{digest}</span>}>
					<span class="mono">{node.image}</span>
				</Fact>
				<Fact label={t('node.uptime')} small={c?.restart_count ? t('node.restarts', { n: c.restart_count }) : t('node.no_restarts')}>
					{c?.state === 'running' && c.started_at ? duration((now - c.started_at) / 1000) : '–'}
				</Fact>
				{c?.state === 'exited' && (
					<Fact label={t('node.ended')} small={c.oom_killed ? t('node.by_kernel') : undefined}>
						{c.exit_code === null ? t('unknown') : t('container.exited', { code: c.exit_code })}
					</Fact>
				)}
				<Fact label={t('node.memory')} small={u?.limit_bytes ? t('tile.limit', { size: bytes(u.limit_bytes) }) : t('tile.no_limit')} stale={stale}>
					{u?.needed_bytes == null ? t('unknown') : bytes(u.needed_bytes)}
				</Fact>
				<Fact label={t('node.cpu')} small={u?.throttled_percent ? t('node.throttled', { n: percent(u.throttled_percent) }) : undefined} stale={stale}>
					{u?.cpu_percent == null ? t('unknown') : t('node.cores', { n: short(u.cpu_percent / 100, 2) })}
				</Fact>
				<Fact label={t('node.disk')} small={t('node.disk_more')} stale={stale}>
					{u?.read_bytes_per_s == null || u.write_bytes_per_s == null ? t('unknown') : `${bytes(u.read_bytes_per_s)}/s · ${bytes(u.write_bytes_per_s)}/s`}
				</Fact>
				<Fact label={t('node.ports')} small={t(`network.${stack.network}`)}>
					{node.ports.length ? node.ports.map((p) => `${p.host}/${p.protocol}`).join(', ') : t('node.no_ports')}
				</Fact>
				<Fact label={t('node.incident')} small={<IncidentLink stack={stack} node={node} />}>
					{node.incident ? <When at={node.incident.at} /> : t('node.no_incident')}
				</Fact>
				<Fact label={t('node.peers')} stale={stale}>
					{node.sync?.peers == null ? t('unknown') : count(node.sync.peers, 'peer', 'peers')}
				</Fact>
			</Facts>
			{(node.notes ?? []).map((n) => (
				<p key={n} class="small soft note-line">
					<Icon name="info" small />
					<span>{n}</span>
				</p>
			))}
		</section>
	);
}

function IncidentLink({ stack, node }: { stack: Stack; node: Service }) {
	return <a href={href('incidents', { stack: stack.name, service: node.name })}>{t(node.incident ? 'event.incident' : 'node.incidents')}</a>;
}
