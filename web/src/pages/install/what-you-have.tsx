import type { HostReport } from '../../api/model';
import { bytes, count } from '../../format';
import { t } from '../../lang';
import { Icon } from '../../parts/icon';
import type { Tone } from '../../parts/tone';

/** Step 2: this NAS, its engine, and containers that look like a node or a relay. */
export function WhatYouHave({ report }: { report: HostReport }) {
	const { host, engine, containers } = report;
	const v = host.volume;
	const connected = engine.status === 'connected';
	const others = containers.filter((c) => c.stack === null);
	return (
		<>
			<ul class="checks">
				<Row tone={connected ? 'ok' : 'bad'} title={connected ? `Docker ${engine.version ?? ''}` : (engine.message ?? t('have.no_engine'))} note={connected ? engineNote(report) : (engine.code ?? undefined)} />
				<Row tone="ok" title={t('have.memory', { total: bytes(host.memory_total_bytes), free: bytes(host.memory_available_bytes) })} note={t('have.cpus', { n: count(host.cpus, 'core', 'cores'), arch: host.arch })} />
				<Row
					tone={v.network ? 'bad' : 'ok'}
					title={t('have.volume', { fs: v.fs, free: bytes(v.free_bytes) })}
					note={v.network ? t('have.network_share') : t('have.volume_note', { path: v.path, total: bytes(v.total_bytes) })}
				/>
				{!host.avx && <Row tone="warn" title={t('have.no_avx')} note={t('have.no_avx_note')} />}
			</ul>
			{others.length > 0 && (
				<section class="stack tight">
					<h3>{t('have.containers')}</h3>
					<ul class="checks">
						{others.map((c) => (
							<Row key={c.id} tone="note" title={`${c.name} (${c.state})`} note={c.image} />
						))}
					</ul>
					<p class="small soft">{t('have.containers_note')}</p>
				</section>
			)}
		</>
	);
}

function engineNote({ engine }: HostReport): string {
	const swap = engine.swap_limit === false ? t('have.no_swap') : '';
	return [engine.cgroup_version && `cgroup v${engine.cgroup_version}`, engine.storage_driver, swap].filter(Boolean).join(' · ');
}

function Row({ tone, title, note }: { tone: Tone; title: string; note?: string }) {
	return (
		<li class={`is-${tone}`}>
			<Icon name={tone === 'ok' ? 'check-c' : tone === 'note' ? 'node' : 'alert'} />
			<span>
				{title}
				{note && <small>{note}</small>}
			</span>
		</li>
	);
}
