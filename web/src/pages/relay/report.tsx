import type { RelayState, Service } from '../../api/model';
import { NBSP, bytes, thousands } from '../../format';
import { t } from '../../lang';
import { Age, ReadAge } from '../../parts/age';
import { StateWord } from '../../parts/badge';
import { Fact, Facts } from '../../parts/facts';
import { Icon } from '../../parts/icon';
import { Lamps } from '../../parts/lamps';
import { relayLamps } from '../../parts/relay-lamps';
import { isBeginning, nextTry, relayLook, relayWord } from '../../parts/relay-words';
import { useNow } from '../../state/clock';

/** The built-in relay: its three lamps, and the readings behind them. */
export function Report({ relay }: { relay: Service }) {
	const now = useNow();
	const r = relay.relay;
	return (
		<section class="card stack loose" aria-labelledby="lamps">
			<div class="card-head">
				<h2 id="lamps">{relay.title}</h2>
				<StateWord {...relayLook(r)}>{relayWord(r)}</StateWord>
				{r && (
					<p class="kernel push">
						{r.code && <span class="code-key">{r.code}</span>}
						<ReadAge at={r.at} />
					</p>
				)}
			</div>
			<Lamps lamps={relayLamps(relay, now)} />
			{r && <Readings r={r} now={now} />}
		</section>
	);
}

function Readings({ r, now }: { r: RelayState; now: number }) {
	const waits = r.state === 'waiting' && !isBeginning(r);
	return (
		<>
			<Facts>
				<Fact label={t('relay.server')} mono>
					<Address of={r.server} />
				</Fact>
				<Fact label={t('relay.id')} mono>
					{r.id}
				</Fact>
				<Fact label={t('relay.block')} small={r.block_at === null ? undefined : <Age at={r.block_at} />}>
					{r.block === null ? t('relay.nothing_yet') : thousands(r.block)}
				</Fact>
				<Fact label={t('relay.latency')} small={r.latency_ms === null ? undefined : t('relay.latency_more')}>
					{r.latency_ms === null ? t('relay.nothing_yet') : `${thousands(r.latency_ms)}${NBSP}ms`}
				</Fact>
				<Fact label={t('relay.heard')}>
					<AgeOrNothing at={r.heard_at} />
				</Fact>
				<Fact label={t('relay.sent')}>
					<AgeOrNothing at={r.sent_at} />
				</Fact>
				<Fact label={t('relay.bytes')} small={t('relay.bytes_more', { size: bytes(r.bytes ?? 0) })}>
					{bytes(r.bytes_per_min ?? 0)}
				</Fact>
				<Fact label={t('relay.tries')} small={waits ? nextTry(r, now) : t('relay.tries_more')}>
					{thousands(r.tries)}
				</Fact>
			</Facts>
			{r.ended_at !== null && (
				<p class="small soft note-line">
					<Icon name="info" small />
					<span>
						{t('relay.interrupted')} <Age at={r.ended_at} />: {r.reason ?? t('unknown')}
					</span>
				</p>
			)}
		</>
	);
}

/** Broken after its scheme, not in the middle of a name. */
function Address({ of }: { of: string }) {
	const host = of.replace(/^wss?:\/\//, '');
	return (
		<>
			{of.slice(0, of.length - host.length)}
			<wbr />
			{host}
		</>
	);
}

function AgeOrNothing({ at }: { at: number | null }) {
	return at === null ? <>{t('relay.nothing_yet')}</> : <Age at={at} />;
}
