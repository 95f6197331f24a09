import { API } from '../../api/client';
import { bytes, duration, percent, short } from '../../format';
import { t } from '../../lang';
import { ReadAge, useStale } from '../../parts/age';
import { Fact, Facts } from '../../parts/facts';
import { useModel } from '../../state/store';

export function About() {
	const { state } = useModel();
	const stale = useStale(state?.program.at);
	if (!state) return null;
	const { program: p, engine: e, host: h } = state;
	return (
		<section class="card stack" aria-labelledby="about">
			<div class="card-head">
				<h2 id="about">{t('about.title')}</h2>
				<p class="kernel push">
					<ReadAge at={p.at} />
				</p>
			</div>
			<Facts>
				<Fact label={t('brand')}>{state.version}</Fact>
				<Fact label={t('about.memory')} small={p.cpu_percent === null ? undefined : `${percent(p.cpu_percent)} CPU`} stale={stale}>
					{bytes(p.rss_bytes)}
				</Fact>
				<Fact label={t('about.disk')}>{bytes(p.disk_bytes)}</Fact>
				<Fact label={t('about.uptime')}>{duration(p.uptime_s)}</Fact>
				<Fact label={t('about.engine')} small={[e.api_version && `API ${e.api_version}`, e.cgroup_version && `cgroup v${e.cgroup_version}`].filter(Boolean).join(' · ')}>
					Docker {e.version ?? t('unknown')}
				</Fact>
				<Fact label={t('about.host')} small={`${h.arch} · ${h.kernel}`}>
					{h.name}
				</Fact>
				<Fact label={t('about.host_memory')} small={t('about.load', { n: short(h.load1, 2), cpus: h.cpus })}>
					{t('about.free_of', { free: bytes(h.memory_available_bytes), total: bytes(h.memory_total_bytes) })}
				</Fact>
			</Facts>
			<p class="small soft">
				{t('about.api')} <a href={`${API}openapi.yaml`}>{t('foot.api')}</a>
			</p>
		</section>
	);
}
