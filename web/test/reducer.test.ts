import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, Job, Live, State } from '../src/api/model';
import { EMPTY, activeJob, isActive, reduce } from '../src/state/reducer';
import type { Model } from '../src/state/reducer';

const job = (id: string, state: Job['state']) => ({ id, stack: 'a', action: 'start', title: id, state, steps: [] }) as unknown as Job;
const stack = (name: string, needed = 1) => ({ name, data_dir: '/x', services: [{ name: 'node', usage: { at: 1, needed_bytes: needed }, sync: null }] });
const state = (part: object = {}) =>
	({ version: '1', now_at: 5000, last_event_id: 10, stacks: [stack('a'), stack('b')], jobs: [], events: [], host: { at: 1, load1: 1, cpus: 4 }, program: { at: 1, rss_bytes: 1 }, ...part }) as unknown as State;
const event = (id: number, type: Event['type'], data: object) => ({ id, at: 6000, type, stack: 'a', message: `event ${id}`, data }) as unknown as Event;
const loaded = (part: object = {}): Model => reduce(EMPTY, { type: 'state', state: state(part), now: 4000 });

test('a state replaces everything and sets the clock', () => {
	const m = loaded();
	assert.equal(m.skew, 1000);
	assert.equal(m.heardAt, 5000);
	assert.equal(m.state!.stacks.length, 2);
});

test('a saved state never replaces a newer one', () => {
	const m = loaded();
	assert.equal(reduce(m, { type: 'saved', state: state({ version: 'old' }) }), m);
	assert.equal(reduce(EMPTY, { type: 'saved', state: state({ version: 'old' }) }).state!.version, 'old');
});

test('live readings change only their own service', () => {
	const m = loaded();
	const live = { at: 7000, stacks: { a: { node: { usage: { at: 7000, needed_bytes: 42 } } } }, host: { load1: 3 }, program: { rss_bytes: 9 } } as unknown as Live;
	const next = reduce(m, { type: 'live', live });
	assert.equal(next.state!.stacks[0]!.services[0]!.usage!.needed_bytes, 42);
	assert.equal(next.state!.stacks[1], m.state!.stacks[1]);
	assert.equal(next.state!.host.load1, 3);
	assert.equal(next.state!.host.cpus, 4);
	assert.equal(next.state!.program.rss_bytes, 9);
	assert.equal(next.heardAt, 7000);
});

test('a live null (nothing to read) keeps the last reading, which then grows old', () => {
	const live = { at: 7000, stacks: { a: { node: { usage: null, sync: null } } } } as unknown as Live;
	assert.equal(reduce(loaded(), { type: 'live', live }).state!.stacks[0]!.services[0]!.usage!.at, 1);
});

test('live readings of an unknown stack, or before any state, change nothing', () => {
	const live = { at: 7000, stacks: { zzz: { node: {} } } } as unknown as Live;
	assert.equal(reduce(EMPTY, { type: 'live', live }), EMPTY);
	const m = loaded();
	assert.deepEqual(reduce(m, { type: 'live', live }).state!.stacks, m.state!.stacks);
});

test('a job event updates the job, or adds it in front', () => {
	const m = loaded({ jobs: [job('1', 'running')] });
	const done = reduce(m, { type: 'event', event: event(11, 'job', job('1', 'done')) });
	assert.equal(done.state!.jobs.length, 1);
	assert.equal(done.state!.jobs[0]!.state, 'done');
	const more = reduce(done, { type: 'event', event: event(12, 'job', job('2', 'queued')) });
	assert.deepEqual(
		more.state!.jobs.map((j) => j.id),
		['2', '1'],
	);
});

test('a stack event replaces or adds the stack', () => {
	const m = reduce(loaded(), { type: 'event', event: event(11, 'stack', stack('b', 7)) });
	assert.equal(m.state!.stacks[1]!.services[0]!.usage!.needed_bytes, 7);
	assert.equal(reduce(m, { type: 'event', event: event(12, 'stack', stack('c')) }).state!.stacks.length, 3);
});

test('an event seen before is ignored; the list keeps ten; odd data does no harm', () => {
	let m = loaded();
	assert.equal(reduce(m, { type: 'event', event: event(10, 'access', {}) }).state, m.state);
	for (let id = 11; id < 30; id++) m = reduce(m, { type: 'event', event: event(id, 'job', null as unknown as object) });
	assert.equal(m.state!.events.length, 10);
	assert.equal(m.state!.events[0]!.id, 29);
	assert.equal(m.state!.last_event_id, 29);
	assert.equal(m.state!.jobs.length, 0);
});

test('going and coming back', () => {
	const gone = reduce(loaded(), { type: 'link', link: 'gone', retryAt: 99 });
	assert.equal(gone.link, 'gone');
	assert.equal(gone.retryAt, 99);
	assert.equal(gone.state!.version, '1');
	assert.equal(reduce(gone, { type: 'state', state: state(), now: 1 }).link, 'connecting');
});

test('the pill shows the running job before a queued one, and none that has ended', () => {
	assert.equal(activeJob(null), undefined);
	assert.equal(activeJob(state({ jobs: [job('1', 'done'), job('2', 'failed')] })), undefined);
	assert.equal(activeJob(state({ jobs: [job('1', 'queued'), job('2', 'rolling_back')] }))!.id, '2');
	assert.equal(isActive(job('1', 'rolled_back')), false);
});
