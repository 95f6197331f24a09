// Of all tabs of this browser, one leads: it alone holds the event stream, because a browser allows
// six connections to a host and the server eight streams. Web Locks exist only on https and
// localhost; elsewhere a lease in localStorage does the same.

const LEASE_MS = 5000;
const RENEW_MS = 1500;

/** Calls `start` when this tab leads; the function it returns when it no longer does. */
export function lead(name: string, start: () => () => void): () => void {
	return 'locks' in navigator ? byLock(name, start) : byLease(name, start);
}

function byLock(name: string, start: () => () => void): () => void {
	const give = new AbortController();
	navigator.locks
		.request(name, { signal: give.signal }, () => {
			const stop = start();
			return new Promise<void>((release) => {
				give.signal.addEventListener('abort', () => {
					stop();
					release();
				});
			});
		})
		.catch(() => {
			// Given up before it was our turn.
		});
	return () => give.abort();
}

function byLease(name: string, start: () => () => void): () => void {
	const me = Math.random().toString(36).slice(2);
	let stop: (() => void) | undefined;

	const holder = (): { id: string; until: number } | null => {
		try {
			return JSON.parse(localStorage.getItem(name) ?? 'null');
		} catch {
			return null;
		}
	};
	const take = () => {
		try {
			localStorage.setItem(name, JSON.stringify({ id: me, until: Date.now() + LEASE_MS }));
		} catch {
			// No storage: every tab leads itself.
			stop ??= start();
		}
	};
	const check = () => {
		const h = holder();
		if (h?.id === me) {
			take();
			stop ??= start();
		} else if (!h || h.until < Date.now()) {
			take();
		} else if (stop) {
			stop();
			stop = undefined;
		}
	};

	const timer = setInterval(check, RENEW_MS);
	const onStorage = (e: StorageEvent) => e.key === name && check();
	const leave = () => holder()?.id === me && localStorage.removeItem(name);
	addEventListener('storage', onStorage);
	addEventListener('pagehide', leave);
	check();
	check();
	return () => {
		clearInterval(timer);
		removeEventListener('storage', onStorage);
		removeEventListener('pagehide', leave);
		leave();
		stop?.();
	};
}
