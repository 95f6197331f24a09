// The one store. Components read it with useModel(); the stream writes it.
import { useEffect, useState } from 'preact/hooks';
import { EMPTY, reduce } from './reducer';
import type { Message, Model } from './reducer';
import { save } from './saved';

let model: Model = EMPTY;
let paused = false;
let held: Message[] = [];
const readers = new Set<() => void>();

export function dispatch(msg: Message): void {
	if (paused && (msg.type === 'live' || msg.type === 'state')) {
		// Only the newest of each kind matters when the reader looks again.
		held = [...held.filter((h) => h.type !== msg.type), msg];
		return;
	}
	model = reduce(model, msg);
	if (model.state && msg.type !== 'saved') save(model.state);
	tell();
}

function tell(): void {
	for (const reader of [...readers]) reader();
}

export function getModel(): Model {
	return model;
}

/** Browser clock → server clock. */
export function serverNow(): number {
	return Date.now() + model.skew;
}

/** Freezes readings on the page, so that they can be read and copied. */
export function setPaused(on: boolean): void {
	paused = on;
	if (!on) {
		const waiting = held;
		held = [];
		waiting.forEach(dispatch);
	}
	tell();
}

export function isPaused(): boolean {
	return paused;
}

function useReader(): void {
	const [, again] = useState(0);
	useEffect(() => {
		const reader = () => again((n) => n + 1);
		readers.add(reader);
		return () => void readers.delete(reader);
	}, []);
}

export function useModel(): Model {
	useReader();
	return model;
}

export function usePaused(): boolean {
	useReader();
	return paused;
}
