import { useEffect, useState } from 'preact/hooks';
import { t } from '../lang';
import { announce } from './announce';
import { IconButton } from './button';
import { Icon } from './icon';
import type { Look } from './tone';

interface Note extends Look {
	text: string;
}

const SHOWN_MS = 8000;
let show: (note: Note | null) => void = () => {};

export function toast(text: string, look: Look = { tone: 'ok', icon: 'check-c' }): void {
	show({ text, ...look });
	announce(text);
}

export function Toast() {
	const [note, setNote] = useState<Note | null>(null);
	useEffect(() => {
		show = setNote;
		return () => {
			show = () => {};
		};
	}, []);
	useEffect(() => {
		if (!note) return;
		const timer = setTimeout(() => setNote(null), SHOWN_MS);
		return () => clearTimeout(timer);
	}, [note]);
	if (!note) return null;
	return (
		<div class={`toast fixed is-${note.tone}`}>
			<Icon name={note.icon} />
			<span>{note.text}</span>
			<IconButton icon="x" label={t('close')} onClick={() => setNote(null)} />
		</div>
	);
}
