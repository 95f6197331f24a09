import type { Service, Stack, Sync } from '../../api/model';
import { count, duration, percent, thousands } from '../../format';
import { t } from '../../lang';
import { ReadAge, When } from '../../parts/age';
import { StateWord } from '../../parts/badge';
import { LastHour } from '../../parts/chart/last-hour';
import { NODE_CHARTS } from '../../parts/chart/specs';
import { Fact, Facts } from '../../parts/facts';
import { Icon } from '../../parts/icon';
import { etaText, phaseWord, rate, syncLook } from '../../parts/sync-words';

/** How far, how fast, until when; and the last hour as charts. */
export function NodeSync({ node, stack }: { node: Service; stack: Stack }) {
	const s = node.sync;
	return (
		<>
			<section class="card stack" aria-labelledby="sync">
				<div class="card-head">
					<h2 id="sync">{t('tile.sync')}</h2>
					<StateWord {...syncLook(s)}>{phaseWord(s)}</StateWord>
					<p class="kernel push">
						{s?.code && <span class="code-key">{s.code}</span>}
						<ReadAge at={s?.at} />
					</p>
				</div>
				{s && s.causes.length > 0 && <Causes of={s.causes} />}
				{s ? <Detail s={s} /> : <p class="soft">{t('sync.no_reading')}</p>}
			</section>
			<LastHour stack={stack.name} service="node" specs={SHOWN} />
		</>
	);
}

/** What may be behind it, the likeliest first. */
function Causes({ of }: { of: Sync['causes'] }) {
	return (
		<section class="stack" aria-labelledby="causes">
			<h3 id="causes">{t('sync.causes')}</h3>
			<ol class="checks">
				{of.map((c, i) => (
					<li key={c.code} class={i === 0 ? 'is-warn' : 'is-note'}>
						<Icon name={i === 0 ? 'alert' : 'question'} />
						<span>
							{c.message}
							<small>
								{c.hint} <span class="code-key">{c.code}</span>
							</small>
						</span>
					</li>
				))}
			</ol>
		</section>
	);
}

function Detail({ s }: { s: Sync }) {
	const moving = s.percent !== null && s.phase !== 'synced';
	return (
		<>
			{moving && (
				<div>
					<progress max={100} value={s.percent!} aria-label={t('sync.progress')} />
					<div class="progress-text">
						<b>{percent(s.percent!, 2)}</b>
						<span>{etaText(s) ?? t(s.code ? 'sync.stands' : 'sync.no_eta')}</span>
					</div>
				</div>
			)}
			<Facts>
				<Fact label={t('sync.height')}>{s.current_block === null ? t('unknown') : thousands(s.current_block)}</Fact>
				<Fact label={t('sync.target')}>{s.target_block === null ? t('unknown') : thousands(s.target_block)}</Fact>
				<Fact label={t('sync.behind')}>{s.behind_blocks === null ? t('unknown') : count(s.behind_blocks, 'block', 'blocks')}</Fact>
				<Fact label={t('sync.rate')}>{rate(s) ?? t('unknown')}</Fact>
				{s.head_age_s !== null && <Fact label={t('sync.head_age')}>{duration(s.head_age_s)}</Fact>}
				{s.since_at !== undefined && (
					<Fact label={t('sync.since')}>
						<When at={s.since_at} />
					</Fact>
				)}
				{s.ancient_percent !== null && (
					<Fact label={t('sync.ancient')} small={t('sync.ancient_more')}>
						{percent(s.ancient_percent)}
					</Fact>
				)}
			</Facts>
		</>
	);
}

const SHOWN = NODE_CHARTS.filter((c) => c.id === 'rate' || c.id === 'write');
