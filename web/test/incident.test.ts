import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident, IncidentWhole, Minutes } from '../src/api/model';
import { isStackChange } from '../src/api/changes';
import { downWords, exactly, exitWords, incidentLook, readWords, storyOf } from '../src/pages/incidents/words';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const AT = 1000000;

const incident = (part: object = {}) => ({ id: 1, at: AT, cause: 'limit', ended: true, limit_bytes: 2 * GIB, again_at: null, seen_at: null, ...part }) as unknown as IncidentWhole;
const minutes = (need: (number | null)[], block: (number | null)[] = []): Minutes =>
	({ from_at: AT - 500 - (need.length - 1) * 1000, step_ms: 1000, needed_bytes: need, cache_bytes: need.map(() => null), limit_bytes: need.map(() => 2 * GIB), block: need.map((_, i) => block[i] ?? null) }) as Minutes;
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');
const story = (need: (number | null)[], block?: (number | null)[], part?: object) => plain(storyOf(incident(part), minutes(need, block)));

test('what came before, in a sentence', () => {
	assert.equal(story([null, 1.3 * GIB, 1.5 * GIB, 1.96 * GIB]), 'In the 2 s before, what it needed rose from 1.30 GiB to 1.96 GiB.');
	assert.equal(story([500 * MIB, 300 * MIB], [], { cause: 'fault' }), 'In the 1 s before, what it needed fell from 500 MiB to 300 MiB.');
	assert.equal(story([1.95 * GIB, 1.97 * GIB], [41, 43]), 'In the 1 s before, what it needed stayed at about 1.97 GiB, while it imported the blocks 42 to 43.');
	assert.equal(story([1.95 * GIB, 1.97 * GIB], [41, 41]), 'In the 1 s before, what it needed stayed at about 1.97 GiB.');
});

test('a limit that was reached between two readings is said to be', () => {
	assert.match(story([20 * MIB, 20 * MIB]), /stayed at about 20 MiB\. It reached its limit between two readings/);
	assert.doesNotMatch(story([20 * MIB, 20 * MIB], [], { cause: 'host' }), /between/);
});

test('nothing is said of what was not read', () => {
	assert.equal(storyOf(incident(), null), '');
	assert.equal(story([null, null]), '');
	assert.equal(story([null, GIB]), '');
	assert.equal(readWords(incident({ minutes: null }), 'needed_bytes'), '');
	assert.equal(readWords(incident({ minutes: minutes([GIB, null]) }), 'cache_bytes'), '');
});

test('how old the last reading was', () => {
	const read = (need: (number | null)[]) => plain(readWords(incident({ minutes: minutes(need) }), 'needed_bytes'));
	assert.equal(read([GIB, GIB]), 'read in the second before');
	assert.equal(read([GIB, null, null, null]), 'read 4 s before');
});

test('how long it was away', () => {
	assert.equal(plain(downWords(incident({ again_at: AT + 36000 }))), 'down for 36 s');
	assert.equal(downWords(incident()), 'not started again');
	assert.equal(downWords(incident({ ended: false })), 'it ran on');
});

test('as loud as it still is', () => {
	assert.equal(incidentLook(incident(), true).tone, 'bad');
	assert.equal(incidentLook(incident(), false).tone, 'warn');
	assert.equal(incidentLook(incident({ seen_at: AT }) as Incident, false).tone, 'idle');
});

test('figures and codes', () => {
	assert.equal(plain(exactly(1.996 * GIB)), '2.00 GiB');
	assert.equal(plain(exactly(256 * MIB)), '256 MiB');
	assert.equal(exitWords(137), '137: ended at once, by a signal');
	assert.equal(exitWords(3), '3');
});

test('to have seen an incident is no change of a stack', () => {
	assert.equal(isStackChange({ method: 'POST', path: '/stacks/eth/incidents/7/seen' }), false);
	assert.equal(isStackChange({ method: 'PUT', path: '/stacks/eth/services/node/limits' }), true);
	assert.equal(isStackChange({ method: 'POST', path: 'stacks' }), true);
});
