import type { ComponentChildren } from 'preact';
import type { IncidentWhole } from '../../api/model';
import { bytes, clockSeconds, thousands } from '../../format';
import { t } from '../../lang';
import { Age } from '../../parts/age';
import { exactly, exitWords, readWords, witnessWords } from './words';
import type { Kind } from './words';

/** The figures of that moment, each with when it was read. */
export function IncidentFacts({ incident: i, title }: { incident: IncidentWhole; title: string }) {
	const { needed_bytes: need, cache_bytes: cache, limit_bytes: limit, host_available_bytes: free, host_total_bytes: total } = i;
	const before = (kind: Kind) => readWords(i, kind);
	return (
		<section class="card" aria-labelledby="then">
			<h2 id="then" class="card-title">
				{t('incident.then', { time: clockSeconds(i.at) })}{' '}
				<span class="unit">
					<Age at={i.at} />
				</span>
			</h2>
			<dl class="rows small">
				<Row name={t('incident.needed')} more={before('needed_bytes')}>
					{need === null ? t('unknown') : exactly(need)}
				</Row>
				<Row name={t('incident.limit')}>{limit === null ? t('incident.no_limit') : exactly(limit)}</Row>
				<Row name={t('incident.cache')} more={before('cache_bytes')}>
					{cache === null ? t('unknown') : exactly(cache)}
				</Row>
				<Row name={t('incident.free')} more={free === null ? '' : t('incident.last_reading')}>{free === null || total === null ? t('unknown') : t('format.of', { done: bytes(free), total: bytes(total) })}</Row>
				{i.block !== null && (
					<Row name={t('incident.block')} more={before('block')}>
						{t('incident.block_next', { n: thousands(i.block + 1) })}
					</Row>
				)}
				<Row name={t('incident.process')}>{processWords(i, title)}</Row>
				<Row name={t('incident.exit')}>{i.exit_code === null ? t('incident.no_exit') : exitWords(i.exit_code)}</Row>
				<Row name={t('incident.seen_by')}>{witnessWords(i)}</Row>
			</dl>
		</section>
	);
}

function Row({ name, more, children }: { name: string; more?: string; children: ComponentChildren }) {
	return (
		<>
			<dt>{name}</dt>
			<dd>
				{children} {more && <span class="faint nb">{more}</span>}
			</dd>
		</>
	);
}

function processWords(i: IncidentWhole, title: string): string {
	const name = i.process ?? title;
	return t(i.child ? 'incident.child' : 'incident.main', { name });
}
