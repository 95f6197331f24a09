// The last known state survives a reload and a NAS that does not answer. It stays in this tab.
import type { State } from '../api/model';

const KEY = 'ethstation.state';
const EVERY_MS = 5000;
let savedAt = 0;

export function save(state: State): void {
	const now = Date.now();
	if (now - savedAt < EVERY_MS) return;
	savedAt = now;
	try {
		sessionStorage.setItem(KEY, JSON.stringify(state));
	} catch {
		// Full or forbidden: the page works without it.
	}
}

export function load(): State | null {
	try {
		return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as State | null;
	} catch {
		return null;
	}
}

export function forget(): void {
	try {
		sessionStorage.removeItem(KEY);
	} catch {
		// Nothing was kept then.
	}
}
