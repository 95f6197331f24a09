// What the page knows, and how each message from the server changes it. Pure: tests call it directly.
import type { Event, Job, Live, Service, Stack, State } from '../api/model';

/** How this page hears from the server. */
export type Link = 'connecting' | 'live' | 'polling' | 'gone';

export interface Model {
	state: State | null;
	/** Server clock minus this browser's clock, ms. */
	skew: number;
	/** When the server was last heard (server clock, ms). */
	heardAt: number;
	link: Link;
	/** While gone: when the next try is (browser clock, ms). */
	retryAt: number;
}

export type Message =
	| { type: 'state'; state: State; now: number }
	| { type: 'saved'; state: State }
	| { type: 'live'; live: Live }
	| { type: 'event'; event: Event }
	| { type: 'job'; job: Job }
	| { type: 'link'; link: Link; retryAt?: number };

export const EMPTY: Model = { state: null, skew: 0, heardAt: 0, link: 'connecting', retryAt: 0 };

const EVENTS_KEPT = 10;

export function reduce(m: Model, msg: Message): Model {
	switch (msg.type) {
		case 'state':
			return { ...m, state: msg.state, skew: msg.state.now_at - msg.now, heardAt: msg.state.now_at, link: m.link === 'gone' ? 'connecting' : m.link };
		case 'saved':
			return m.state ? m : { ...m, state: msg.state, heardAt: msg.state.now_at };
		case 'live':
			return m.state ? { ...m, state: withLive(m.state, msg.live), heardAt: Math.max(m.heardAt, msg.live.at) } : m;
		case 'event':
			return m.state ? { ...m, state: withEvent(m.state, msg.event), heardAt: Math.max(m.heardAt, msg.event.at) } : m;
		case 'job':
			return m.state ? { ...m, state: withJob(m.state, msg.job) } : m;
		case 'link':
			return { ...m, link: msg.link, retryAt: msg.retryAt ?? 0 };
	}
}

function withLive(state: State, live: Live): State {
	const stacks = state.stacks.map((stack) => {
		const readings = live.stacks[stack.name];
		if (!readings) return stack;
		const services = stack.services.map((s): Service => {
			const r = readings[s.name];
			// No usage or sync is a reading that could not be made; no relay is one that is not wanted.
			return r ? { ...s, usage: r.usage ?? s.usage, sync: r.sync ?? s.sync, relay: r.relay === undefined ? s.relay : r.relay } : s;
		});
		return { ...stack, services };
	});
	return {
		...state,
		stacks,
		host: { ...state.host, ...live.host, at: live.at },
		program: { ...state.program, ...live.program },
	};
}

function withEvent(state: State, event: Event): State {
	if (event.id <= state.last_event_id) return state;
	const next: State = {
		...state,
		last_event_id: event.id,
		events: [event, ...state.events].slice(0, EVENTS_KEPT),
	};
	const data = event.data as unknown;
	if (event.type === 'job' && isJob(data)) return withJob(next, data);
	if (event.type === 'stack' && isStack(data)) return withStack(next, data);
	return next;
}

function withJob(state: State, job: Job): State {
	const known = state.jobs.some((j) => j.id === job.id);
	const jobs = known ? state.jobs.map((j) => (j.id === job.id ? job : j)) : [job, ...state.jobs];
	return { ...state, jobs };
}

function withStack(state: State, stack: Stack): State {
	const known = state.stacks.some((s) => s.name === stack.name);
	const stacks = known ? state.stacks.map((s) => (s.name === stack.name ? stack : s)) : [...state.stacks, stack];
	return { ...state, stacks };
}

function isJob(x: unknown): x is Job {
	return typeof x === 'object' && x !== null && 'steps' in x && 'id' in x;
}

function isStack(x: unknown): x is Stack {
	return typeof x === 'object' && x !== null && 'services' in x && 'data_dir' in x;
}

/** Running or queued. */
export function isActive(job: Job): boolean {
	return job.state === 'queued' || job.state === 'running' || job.state === 'rolling_back';
}

/** The job that the pill shows: a running one first, then a queued one. */
export function activeJob(state: State | null): Job | undefined {
	const jobs = state?.jobs.filter(isActive) ?? [];
	return jobs.find((j) => j.state !== 'queued') ?? jobs[0];
}
