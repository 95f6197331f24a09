// What the server tells by itself, shared by all tabs of this browser. The leading tab holds the
// EventSource and hands every message on; when the stream is full it asks for the state instead.
import { API, ApiError, get } from './client';
import { lead } from './leader';
import type { Event, Live, State } from './model';

export type News =
	| { kind: 'state'; state: State }
	| { kind: 'live'; live: Live }
	| { kind: 'event'; event: Event }
	| { kind: 'link'; link: 'connecting' | 'live' | 'polling' | 'gone'; retryAt?: number };

/** Between tabs, besides news: a new tab asks how things are; any tab may ask to try now. */
type Word = News | { kind: 'hello' } | { kind: 'retry' };

const POLL_MS = 5000;
const STREAM_AGAIN_MS = 15000;
const SILENT_MS = 30000;
const ASK_MS = 5000;
const WAITS_MS = [2000, 4000, 8000, 15000];

export interface Stream {
	retry(): void;
	stop(): void;
}

/** `after` answers the id of the last event that this tab knows. */
export function openStream(after: () => number, onNews: (news: News) => void): Stream {
	const channel = 'BroadcastChannel' in self ? new BroadcastChannel('ethstation') : null;
	let source: Source | undefined;

	const tell = (news: News) => {
		onNews(news);
		channel?.postMessage(news);
	};
	const retry = () => {
		if (source) source.retry();
		else channel?.postMessage({ kind: 'retry' });
	};
	if (channel) {
		channel.onmessage = ({ data }: MessageEvent<Word>) => {
			if (data.kind === 'hello') source?.repeat();
			else if (data.kind === 'retry') source?.retry();
			else onNews(data);
		};
		channel.postMessage({ kind: 'hello' });
	}
	const leave = lead('ethstation.stream', () => {
		source = new Source(after, tell);
		return () => {
			source?.close();
			source = undefined;
		};
	});
	return {
		retry,
		stop() {
			leave();
			channel?.close();
		},
	};
}

class Source {
	private es: EventSource | undefined;
	private timer: ReturnType<typeof setTimeout> | undefined;
	private link: News & { kind: 'link' } = { kind: 'link', link: 'connecting' };
	private opened = false;
	private failures = 0;
	private closed = false;

	constructor(
		private readonly after: () => number,
		private readonly tell: (news: News) => void,
	) {
		this.connect();
	}

	close(): void {
		this.closed = true;
		this.hangUp();
	}

	retry(): void {
		this.hangUp();
		void this.ask();
	}

	repeat(): void {
		this.tell(this.link);
	}

	private say(link: 'live' | 'polling' | 'gone', retryAt?: number): void {
		this.link = { kind: 'link', link, retryAt };
		this.tell(this.link);
	}

	private hangUp(): void {
		this.es?.close();
		this.es = undefined;
		clearTimeout(this.timer);
	}

	private connect(): void {
		this.hangUp();
		this.opened = false;
		const es = new EventSource(`${API}events?after=${this.after()}`);
		this.es = es;
		const hear = <T>(name: string, make: (data: T) => News) =>
			es.addEventListener(name, (e) => {
				this.watch();
				this.tell(make(JSON.parse((e as MessageEvent<string>).data) as T));
			});
		hear<State>('state', (state) => ({ kind: 'state', state }));
		hear<Live>('live', (live) => ({ kind: 'live', live }));
		hear<Event>('event', (event) => ({ kind: 'event', event }));
		es.addEventListener('reset', () => void this.refresh());
		es.onopen = () => {
			this.opened = true;
			this.failures = 0;
			this.say('live');
			this.watch();
		};
		es.onerror = () => {
			this.hangUp();
			void this.ask();
		};
	}

	/** A stream that says nothing may be a dead line: ask. */
	private watch(): void {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => void this.ask(), SILENT_MS);
	}

	private async refresh(): Promise<void> {
		this.tell({ kind: 'state', state: await get<State>('state', { signal: timeout(ASK_MS) }) });
	}

	/** After the stream broke: is the server there? Then stream again, or poll if it has no room. */
	private async ask(): Promise<void> {
		try {
			await this.refresh();
		} catch (e) {
			if (this.closed || (e instanceof ApiError && e.status === 401)) return;
			const wait = WAITS_MS[Math.min(this.failures++, WAITS_MS.length - 1)]!;
			this.hangUp();
			this.say('gone', Date.now() + wait);
			this.timer = setTimeout(() => void this.ask(), wait);
			return;
		}
		if (this.closed) return;
		if (this.es) this.watch();
		else if (this.opened || this.link.link === 'gone') this.connect();
		else this.poll(Date.now() + STREAM_AGAIN_MS);
	}

	private poll(until: number): void {
		this.say('polling');
		this.timer = setTimeout(() => {
			if (Date.now() >= until) this.connect();
			else
				this.refresh().then(
					() => this.closed || this.poll(until),
					() => void this.ask(),
				);
		}, POLL_MS);
	}
}

function timeout(ms: number): AbortSignal {
	const c = new AbortController();
	setTimeout(() => c.abort(), ms);
	return c.signal;
}
