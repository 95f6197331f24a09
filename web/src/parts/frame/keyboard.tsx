import { useLayoutEffect, useState } from 'preact/hooks';
import { t } from '../../lang';
import { navigate } from '../../router';
import { isPaused, setPaused } from '../../state/store';
import { Button } from '../button';
import { Dialog } from '../dialog';
import type { PageName } from './nav';

const GO: Record<string, PageName> = { o: 'overview', n: 'node', r: 'relay', l: 'limits', h: 'history', g: 'logs', u: 'upgrades', c: 'chain', s: 'settings' };
const GO_MS = 1500;

/** Keys that a page handles itself: it listens for this event. */
export const KEY_EVENT = 'ethstation.key';
const PAGE_KEYS = ['/', '[', ']', '0', 'j', 'k'];

/** In a layout effect: a key that comes right after the page must not be lost. */
export function usePageKey(handler: (key: string) => void): void {
	useLayoutEffect(() => {
		const onKey = (e: Event) => handler((e as CustomEvent<string>).detail);
		addEventListener(KEY_EVENT, onKey);
		return () => removeEventListener(KEY_EVENT, onKey);
	});
}

export function Keyboard() {
	const [help, setHelp] = useState(false);
	useLayoutEffect(() => {
		let goAt = 0;
		const onKey = (e: KeyboardEvent) => {
			if (e.ctrlKey || e.metaKey || e.altKey || isTyping(e.target) || document.querySelector('dialog[open]')) return;
			if (Date.now() - goAt < GO_MS && GO[e.key]) {
				goAt = 0;
				navigate(GO[e.key]!);
			} else if (e.key === 'g') goAt = Date.now();
			else if (e.key === '?') setHelp(true);
			else if (e.key === '.') setPaused(!isPaused());
			else if (PAGE_KEYS.includes(e.key)) dispatchEvent(new CustomEvent(KEY_EVENT, { detail: e.key }));
			else return;
			e.preventDefault();
		};
		addEventListener('keydown', onKey);
		return () => removeEventListener('keydown', onKey);
	}, []);
	return help ? <Help onClose={() => setHelp(false)} /> : null;
}

function isTyping(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function Help({ onClose }: { onClose: () => void }) {
	const rows: [string, string][] = [
		...Object.entries(GO).map(([key, page]): [string, string] => [`g ${key}`, t(`nav.${page}`)]),
		['/', t('keys.filter')],
		['j  k', t('keys.events')],
		['[  ]', t('keys.range')],
		['0', t('keys.reset')],
		['.', t('keys.pause')],
		['?', t('keys.help')],
		['Esc', t('keys.close')],
	];
	return (
		<Dialog
			title={t('keys.title')}
			onClose={onClose}
			foot={
				<Button kind="primary" onClick={onClose}>
					{t('close')}
				</Button>
			}
		>
			<dl class="rows keys-help">
				{rows.map(([key, what]) => (
					<>
						<dt>
							<kbd>{key}</kbd>
						</dt>
						<dd>{what}</dd>
					</>
				))}
			</dl>
		</Dialog>
	);
}
