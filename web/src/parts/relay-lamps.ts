import type { Service } from '../api/model';
import { bytes, duration, percent } from '../format';
import { t } from '../lang';
import type { Lamp } from './lamps';

/** What is known of the relay today: its container and its process. The other two say that they are not checked. */
export function relayLamps(relay: Service, now: number): Lamp[] {
	const c = relay.container;
	const running = c?.state === 'running';
	const notChecked = t('relay.not_checked');
	return [
		{ name: t('relay.container'), ...containerLamp(relay, now) },
		{ name: t('relay.process'), ...processLamp(relay, running), cut: true },
		{ name: t('relay.connection'), tone: 'idle', text: notChecked },
		{ name: t('relay.page'), tone: 'idle', text: notChecked },
	];
}

function containerLamp(relay: Service, now: number): Pick<Lamp, 'tone' | 'text'> {
	const c = relay.container;
	if (!c || c.presence === 'unknown') return { tone: 'idle', text: t('container.unknown') };
	if (c.presence === 'no') return { tone: 'bad', text: t('container.missing') };
	if (c.state === 'running') return { tone: 'ok', text: c.started_at ? t('container.running_for', { time: duration((now - c.started_at) / 1000) }) : t('container.running') };
	return { tone: 'bad', text: c.exit_code === null ? t('container.not_running') : t('container.exited', { code: c.exit_code }) };
}

function processLamp(relay: Service, running: boolean): Pick<Lamp, 'tone' | 'text'> {
	const u = relay.usage;
	if (!running) return { tone: 'idle', text: t('relay.no_process') };
	if (!u || u.needed_bytes === null) return { tone: 'work', text: t('relay.no_reading') };
	const cpu = u.cpu_percent === null ? '' : `, ${percent(u.cpu_percent)} CPU`;
	return { tone: 'ok', text: bytes(u.needed_bytes) + cpu };
}
