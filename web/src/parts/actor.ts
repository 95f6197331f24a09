import { t, tOr } from '../lang';

/** "token:backup" → "token backup"; "station" → "this app" */
export function actorName(actor: string): string {
	if (actor.startsWith('token:')) return t('actor.token', { name: actor.slice(6) });
	return tOr(`actor.${actor}`, actor);
}
