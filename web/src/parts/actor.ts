import { t, tOr } from '../lang';

/** "token:backup" → "token backup"; "station" → "this app" */
export function actorName(actor: string): string {
	if (actor.startsWith('token:')) return t('actor.token', { name: actor.slice(6) });
	if (actor.startsWith('qnap:')) return t('actor.qnap', { name: actor.slice(5) });
	return tOr(`actor.${actor}`, actor);
}
