// Who is looking: nobody owns it yet (setup), signed out (sign-in), or in.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, change, get, setCsrf, whenSignedOut } from '../api/client';
import type { Health, Session, State } from '../api/model';
import { openStream } from '../api/stream';
import type { News, Stream } from '../api/stream';
import { forget, load } from './saved';
import { dispatch, getModel } from './store';

export type Phase = 'loading' | 'setup' | 'sign-in' | 'in' | 'no-answer';

export interface Access {
	phase: Phase;
	health: Health | null;
	session: Session | null;
	/** Was in before: the sign-in page says that the session ended. */
	ended: boolean;
}

let access: Access = { phase: 'loading', health: null, session: null, ended: false };
let stream: Stream | undefined;
const readers = new Set<(a: Access) => void>();

function set(part: Partial<Access>): void {
	access = { ...access, ...part };
	readers.forEach((r) => r(access));
}

export function useAccess(): Access {
	const [a, setA] = useState(access);
	useEffect(() => {
		readers.add(setA);
		setA(access);
		return () => void readers.delete(setA);
	}, []);
	return a;
}

export function getSession(): Session | null {
	return access.session;
}

/** First load, and again after the server was away. */
export async function boot(): Promise<void> {
	try {
		const health = await get<Health>('health');
		set({ health });
		if (!health.owned) return set({ phase: 'setup' });
		await enter(await get<Session>('session', { open: true }));
	} catch (e) {
		if (e instanceof ApiError && e.status === 401) return set({ phase: 'sign-in' });
		waitForServer();
	}
}

/** Signed in: read everything once, then listen. */
export async function enter(session: Session): Promise<void> {
	setCsrf(session.csrf);
	const state = await get<State>('state');
	dispatch({ type: 'state', state, now: Date.now() });
	set({ phase: 'in', session, ended: false });
	stream?.stop();
	stream = openStream(() => getModel().state?.last_event_id ?? 0, hear);
}

function hear(news: News): void {
	if (news.kind === 'state') dispatch({ type: 'state', state: news.state, now: Date.now() });
	else if (news.kind === 'live') dispatch({ type: 'live', live: news.live });
	else if (news.kind === 'event') dispatch({ type: 'event', event: news.event });
	else dispatch({ type: 'link', link: news.link, retryAt: news.retryAt });
}

/** The page is useful with the server gone: the last state of this tab, dated, until it answers. */
function waitForServer(): void {
	const saved = load();
	if (saved) dispatch({ type: 'saved', state: saved });
	const retryAt = Date.now() + 4000;
	dispatch({ type: 'link', link: 'gone', retryAt });
	set({ phase: saved ? 'in' : 'no-answer' });
	setTimeout(() => void boot(), 4000);
}

export function retryNow(): void {
	if (stream) stream.retry();
	else void boot();
}

function signedOut(ended: boolean): void {
	stream?.stop();
	stream = undefined;
	setCsrf(null);
	set({ phase: 'sign-in', session: null, ended });
}

export async function signOut(): Promise<void> {
	await change('DELETE', 'session');
	forget();
	signedOut(false);
}

whenSignedOut(() => signedOut(true));
