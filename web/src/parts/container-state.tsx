import type { Container } from '../api/model';
import { t, tOr } from '../lang';
import { StateWord } from './badge';
import type { Look } from './tone';

export function containerLook(c: Container | null): Look {
	if (!c || c.presence === 'unknown') return { tone: 'idle', icon: 'question' };
	if (c.presence === 'no') return { tone: 'bad', icon: 'stop8' };
	if (c.state === 'running') return { tone: 'ok', icon: 'check-c' };
	if (c.state === 'restarting' || c.state === 'created') return { tone: 'work', icon: 'clock' };
	return { tone: 'idle', icon: 'stopped' };
}

export function containerWord(c: Container | null): string {
	if (!c || c.presence === 'unknown') return t('container.unknown');
	if (c.presence === 'no') return t('container.missing');
	return c.state === 'exited' ? t('container.exited_state') : tOr(`container.${c.state}`, String(c.state));
}

export function ContainerState({ of: c }: { of: Container | null }) {
	return <StateWord {...containerLook(c)}>{containerWord(c)}</StateWord>;
}
