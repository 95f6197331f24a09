// The card of the end that an event tells, if it tells one.
import type { Event } from '../api/model';
import { href } from '../router';

export function incidentHref(e: Event): string | undefined {
	const { incident } = (e.data ?? {}) as { incident?: number };
	return incident === undefined ? undefined : href('incidents', { ...(e.stack && { stack: e.stack }), id: String(incident) });
}
