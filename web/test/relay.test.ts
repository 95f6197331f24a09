import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Live, RelayState, Service, State } from '../src/api/model';
import { optionsFor, relaysOf } from '../src/api/recipe';
import type { Recipe } from '../src/api/recipe';
import { stackInput } from '../src/pages/install/form';
import type { InstallForm } from '../src/pages/install/form';
import { otherKindOptions } from '../src/pages/relay/other-kind';
import { relayLamps } from '../src/parts/relay-lamps';
import { relayLines, relayLook, relayWord } from '../src/parts/relay-words';
import { EMPTY, reduce } from '../src/state/reducer';

const NOW = 1_000_000_000;
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

const ready: RelayState = {
	at: NOW, state: 'ready', server: 'wss://page', id: 'myNas', since_at: NOW - 7200_000, next_at: null, tries: 0, heard_at: NOW - 1000, sent_at: NOW - 1000,
	block_at: NOW - 9000, block: 2423899, latency_ms: 12, bytes: 90000, bytes_per_min: 4096, node_active: true, ended_at: null, reason: null, code: null, basis: null, restarts: null,
	page: { state: 'fresh', at: NOW - 20_000, block: 2423899 },
};
const waiting: RelayState = { ...ready, state: 'waiting', tries: 3, next_at: NOW + 8000, block: null, block_at: null, code: 'relay.unreachable', reason: 'Connection refused', page: { state: 'unknown', at: null, block: null } };

const lamps = (relay: RelayState | null) => relayLamps({ name: 'relay', builtin: true, container: null, relay } as unknown as Service, NOW).map((l) => [l.tone, plain(l.text)]);
const tile = (relay: RelayState | null) => [relayWord(relay), ...relayLines(relay, NOW).map(plain)];
const page = (state: RelayState['page']['state'], at: number | null, block: number | null): RelayState => ({ ...ready, page: { state, at, block } });

test('the built-in relay, all well: three lamps, each with what it means', () => {
	assert.deepEqual(lamps(ready), [['ok', 'for 2 h'], ['ok', 'taken, 4 KiB in the last minute'], ['ok', 'with block 2 423 899, seen 20 s ago']]);
	assert.deepEqual(tile(ready), ['On the page', 'block 2 423 899, 9 s ago']);
	assert.equal(relayLook(ready).tone, 'ok');
});

test('not connected: why, and when it is tried again', () => {
	assert.deepEqual(lamps(waiting), [['bad', 'the server does not answer; next try in 8 s'], ['idle', 'none are sent'], ['idle', 'not known while not connected']]);
	assert.deepEqual(tile(waiting), ['Waiting', 'next try in 8 s', 'the server does not answer']);
	assert.deepEqual(tile({ ...waiting, next_at: NOW - 300 }), ['Waiting', 'tries now', 'the server does not answer']);
	assert.deepEqual(tile({ ...waiting, code: 'relay.secret' }), ['Refused', 'next try in 8 s', 'it refused the secret']);
	assert.equal(relayLook({ ...waiting, code: 'relay.secret' }).tone, 'bad');
	assert.equal(relayLook(waiting).tone, 'warn');
	assert.match(tile({ ...waiting, code: 'relay.later' }).join(), /Connection refused/, 'a code of a later program: the server’s own words');
});

test('at the beginning nothing is wrong yet', () => {
	const first: RelayState = { ...waiting, tries: 0, next_at: NOW, code: null, reason: null };
	for (const r of [first, { ...first, state: 'connecting' }] as RelayState[]) {
		assert.deepEqual(lamps(r)[0], ['work', 'being made']);
		assert.deepEqual(tile(r), ['Connecting', 'wss://page']);
	}
	assert.deepEqual(lamps({ ...first, state: 'greeting' }).slice(0, 2), [['ok', 'open'], ['work', 'said hello, waits to be let in']]);
});

test('what the page shows is told apart from what it does not tell', () => {
	assert.deepEqual(lamps(page('stale', NOW - 60_000, 2423000))[2], ['warn', 'with an old block, 2 423 000, seen 1 min ago']);
	assert.deepEqual(lamps(page('stale', NOW - 60_000, null))[2], ['warn', 'without a block, seen 1 min ago']);
	assert.deepEqual(lamps(page('unlisted', NOW - 60_000, null))[2], ['warn', 'the name is not there, looked 1 min ago']);
	assert.deepEqual(lamps(page('unknown', null, null))[2], ['idle', 'page not looked at yet']);
	assert.deepEqual(lamps(page('unknown', NOW - 60_000, null))[2], ['idle', 'the page does not tell, asked 1 min ago']);
	assert.deepEqual(tile(page('unknown', null, null)), ['Connected', 'block 2 423 899, 9 s ago', 'page not looked at yet']);
	assert.equal(relayLook(page('unknown', null, null)).tone, 'ok', 'no fault of the relay');
	assert.deepEqual(tile(page('unlisted', NOW, null)).slice(0, 1), ['Not listed']);
	assert.equal(relayLook(page('unlisted', NOW, null)).tone, 'warn');
});

test('a node that does not answer is no fault of the relay, and is told', () => {
	const silent = { ...ready, node_active: false };
	assert.deepEqual(lamps(silent)[1], ['warn', 'the node does not answer: told as inactive']);
	assert.deepEqual(tile(silent), ['Connected', 'block 2 423 899, 9 s ago', 'the node does not answer']);
	assert.equal(relayLook(silent).tone, 'warn');
});

test('a relay that is not wanted is off, and nothing of it is wrong', () => {
	assert.deepEqual(lamps(null).map(([tone]) => tone), ['idle', 'idle', 'idle']);
	assert.deepEqual(tile(null), ['Stopped', 'it reports nothing']);
});

test('a relay in a container: what is seen of it from outside', () => {
	const contain = (state: RelayState | null) => ({ name: 'relay', builtin: false, relay: state, container: { presence: 'yes', state: 'running', started_at: NOW - 60_000 }, usage: { needed_bytes: 62 * 1024 ** 2, cpu_percent: 0.5 } }) as unknown as Service;
	const shown = (r: RelayState | null) => relayLamps(contain(r), NOW).map((l) => [l.tone, plain(l.text)]);
	const seen: RelayState = { ...ready, latency_ms: null, bytes: null, bytes_per_min: null, basis: 'page', restarts: 0 };
	const process = [['ok', 'running 1 min'], ['ok', '62 MiB, 0.5 % CPU']];
	assert.deepEqual(shown(null), [...process, ['idle', 'not known yet'], ['idle', 'not known yet']]);
	assert.deepEqual(shown({ ...seen, state: null }).slice(2, 3), [['idle', 'not known yet']]);
	assert.deepEqual(shown(seen), [...process, ['ok', 'open, last sent 1 s ago'], ['ok', 'with block 2 423 899, seen 20 s ago']]);
	assert.deepEqual(shown({ ...seen, code: 'relay.silent' })[2], ['warn', 'open, but nothing is sent']);
	assert.deepEqual(shown({ ...seen, state: 'waiting' })[2], ['warn', 'none']);
	const gone = { ...contain(null), container: { presence: 'no' } } as unknown as Service;
	assert.deepEqual(relayLamps(gone, NOW).map((l) => l.tone), ['bad', 'idle', 'idle', 'idle']);
});

test('live readings of the built-in relay replace the last ones; null: it is no longer wanted', () => {
	const state = { stacks: [{ name: 'a', services: [{ name: 'relay', usage: null, sync: null, relay: waiting }] }], host: {}, program: {} } as unknown as State;
	const live = (relay: unknown) => ({ at: 1, stacks: { a: { relay: { usage: null, sync: null, relay } } } }) as unknown as Live;
	const after = (relay: unknown) => reduce({ ...EMPTY, state }, { type: 'live', live: live(relay) }).state!.stacks[0]!.services[0]!.relay;
	assert.equal(after(ready), ready);
	assert.equal(after(null), null);
	assert.equal(after(undefined), waiting);
});

const read = (id: string) => ({ builtin: false, ...JSON.parse(readFileSync(join(process.env.WEB_ROOT!, `../shared/recipes/${id}.json`), 'utf8')) }) as Recipe;
const builtin = read('ethstats');
const contained = read('ethnetintel');

test('the built-in relay comes first, in whatever order the recipes are', () => {
	assert.deepEqual(relaysOf([contained, read('parity'), builtin]).map((r) => r.id), ['ethstats', 'ethnetintel']);
});

test('from one kind to the other: what both know goes along, a server without a scheme gets one', () => {
	const given = { instance_name: 'nas', contact: 'me', server: 'page.example:3000', id: 'name', ca_file: 'ca.pem' };
	assert.deepEqual(Object.keys(optionsFor(contained, given)), ['instance_name', 'contact', 'server']);
	assert.deepEqual(otherKindOptions(contained, given), { server: 'wss://page.example:3000' });
	assert.deepEqual(otherKindOptions(builtin, given), {});
	assert.deepEqual(otherKindOptions(contained, { server: 'ws://page' }), {});
	assert.deepEqual(otherKindOptions(contained, {}), {});
});

test('the install request names the kind of relay, and no image', () => {
	const form: InstallForm = { name: 'n', dataDir: '', network: 'private', recipe: 'parity', image: 'p:v1', options: {}, memory: null, cpus: null, relay: true, relayRecipe: 'ethstats', relayOptions: { instance_name: 'x' }, relaySecrets: { WS_SECRET: 's' } };
	assert.deepEqual(stackInput(form).services[1], { name: 'relay', recipe: 'ethstats', options: { instance_name: 'x' }, secrets: { WS_SECRET: 's' } });
});
