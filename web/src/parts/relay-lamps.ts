// How far a relay is known to work, as lamps with words: one function for each kind of relay.
import type { RelayState, Service } from '../api/model';
import { ago, bytes, duration, percent, thousands } from '../format';
import { t } from '../lang';
import type { Lamp } from './lamps';
import { isBeginning, nextTry, pageUnknown, why } from './relay-words';

type Light = Pick<Lamp, 'tone' | 'text'>;

export function relayLamps(relay: Service, now: number): Lamp[] {
	return relay.builtin ? builtinLamps(relay.relay, now) : containerLamps(relay, now);
}

/* ---- the built-in one: connected, taken, seen ---- */

function builtinLamps(r: RelayState | null, now: number): Lamp[] {
	const lights = [connectionLamp(r, now), messagesLamp(r), pageLamp(r, now)];
	const names = [t('relay.connection'), t('relay.messages'), t('relay.page')];
	return lights.map((light, i) => ({ name: names[i]!, ...light, cut: lights[i + 1]?.tone !== 'ok' }));
}

function connectionLamp(r: RelayState | null, now: number): Light {
	if (!r) return { tone: 'idle', text: t('relay.off') };
	if (r.state === 'ready') return { tone: 'ok', text: t('relay.for', { time: duration((now - r.since_at) / 1000) }) };
	if (r.state === 'greeting') return { tone: 'ok', text: t('relay.open') };
	if (isBeginning(r)) return { tone: 'work', text: t('relay.calling') };
	return { tone: 'bad', text: `${why(r)}; ${nextTry(r, now)}` };
}

function messagesLamp(r: RelayState | null): Light {
	if (r?.state === 'greeting') return { tone: 'work', text: t('relay.greeting') };
	if (r?.state !== 'ready') return { tone: 'idle', text: t('relay.no_messages') };
	if (!r.node_active) return { tone: 'warn', text: t('relay.inactive') };
	return { tone: 'ok', text: t('relay.last_minute', { size: bytes(r.bytes_per_min ?? 0) }) };
}

function pageLamp(r: RelayState | null, now: number): Light {
	return r?.state === 'ready' ? seenLamp(r, now) : { tone: 'idle', text: t('relay.page_unknown') };
}

function seenLamp(r: RelayState, now: number): Light {
	const { state, at, block } = r.page;
	const seen = { age: at === null ? '' : ago(now - at), block: block === null ? '' : thousands(block) };
	if (state === 'fresh') return { tone: 'ok', text: t('relay.page_fresh', seen) };
	if (state === 'stale') return { tone: 'warn', text: block === null ? t('relay.page_blockless', seen) : t('relay.page_stale', seen) };
	if (state === 'unlisted') return { tone: 'warn', text: t('relay.page_unlisted', seen) };
	return { tone: 'idle', text: pageUnknown(r, now) };
}

/* ---- one in a container: what can be seen of it from outside ---- */

function containerLamps(relay: Service, now: number): Lamp[] {
	const running = relay.container?.state === 'running';
	const lights = [containerLamp(relay, now), processLamp(relay, running), linkLamp(relay.relay, now), relay.relay ? seenLamp(relay.relay, now) : { tone: 'idle' as const, text: t('relay.not_checked') }];
	const names = [t('relay.container'), t('relay.process'), t('relay.connection'), t('relay.page')];
	return lights.map((light, i) => ({ name: names[i]!, ...light, cut: lights[i + 1]?.tone !== 'ok' }));
}

/** Its connection, as the kernel knows it. */
function linkLamp(r: RelayState | null, now: number): Light {
	if (!r || r.state === null) return { tone: 'idle', text: t('relay.not_checked') };
	if (r.state !== 'ready') return { tone: 'warn', text: t('relay.not_connected') };
	if (r.code) return { tone: 'warn', text: t('relay.silent_link') };
	return { tone: 'ok', text: r.sent_at === null ? t('relay.open') : t('relay.open_sent', { age: ago(now - r.sent_at) }) };
}

function containerLamp(relay: Service, now: number): Light {
	const c = relay.container;
	if (!c || c.presence === 'unknown') return { tone: 'idle', text: t('container.unknown') };
	if (c.presence === 'no') return { tone: 'bad', text: t('container.missing') };
	if (c.state === 'running') return { tone: 'ok', text: c.started_at ? t('container.running_for', { time: duration((now - c.started_at) / 1000) }) : t('container.running') };
	return { tone: 'bad', text: c.exit_code === null ? t('container.not_running') : t('container.exited', { code: c.exit_code }) };
}

function processLamp(relay: Service, running: boolean): Light {
	const u = relay.usage;
	if (!running) return { tone: 'idle', text: t('relay.no_process') };
	if (!u || u.needed_bytes === null) return { tone: 'work', text: t('relay.no_reading') };
	const cpu = u.cpu_percent === null ? '' : `, ${percent(u.cpu_percent)} CPU`;
	return { tone: 'ok', text: bytes(u.needed_bytes) + cpu };
}
