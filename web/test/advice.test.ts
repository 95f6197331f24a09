import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { History, Job } from '../src/api/model';
import { toCsv } from '../src/parts/chart/export';
import { marksOf, thin } from '../src/parts/chart/marks';
import { daySpans } from '../src/parts/overview/day';
import { bins, daysOf, needOf, safeLimit, stretchesAbove } from '../src/pages/limits/advice';
import { placeTicks } from '../src/pages/limits/ticks';
import { stackInput, suggestedMemory } from '../src/pages/install/form';
import type { InstallForm } from '../src/pages/install/form';
import type { Event } from '../src/api/model';
import { GIB, MIB } from '../src/format';

function recorded(max: (number | null)[], extra: Record<string, (number | null)[]> = {}, stepS = 600): History {
	const t = max.map((_, i) => i * stepS * 1000);
	const one = (v: (number | null)[]) => ({ unit: 'bytes', min: v, mean: v, max: v });
	return { entity: 'x', from_at: 0, to_at: max.length * stepS * 1000, step_s: stepS, t, series: { memory_needed: one(max), ...Object.fromEntries(Object.entries(extra).map(([k, v]) => [k, one(v)])) } };
}

test('each stretch above a limit counts once; a gap in the record begins a new one', () => {
	const n = needOf(recorded([1, 3, 3, 1, 3, null, null, null, null, 3, 1].map((v) => v && v * GIB)))!;
	assert.equal(stretchesAbove(n, 2 * GIB).length, 3);
	assert.equal(stretchesAbove(n, 3 * GIB).length, 0);
	assert.equal(stretchesAbove(n, 0.5 * GIB).length, 2);
});

test('the safe limit is above the peak, in tenths of a GiB', () => {
	const n = needOf(recorded([1 * GIB, 1.62 * GIB]))!;
	assert.equal(Math.round((safeLimit(n) / GIB) * 10), 18);
	assert.equal(stretchesAbove(n, safeLimit(n)).length, 0);
	assert.equal(daysOf(n), 1);
});

test('nothing recorded is not zero', () => {
	assert.equal(needOf(recorded([null, null])), null);
	assert.equal(daySpans(recorded([null, null]), []), null);
});

test('bins: the most frequent is 1, a rare one is still seen, values beyond the end fall into the last', () => {
	const n = needOf(recorded([...Array<number>(100).fill(1.05 * GIB), 9 * GIB]))!;
	const b = bins(n, 4 * GIB, 40);
	assert.equal(Math.max(...b.map((x) => x.part)), 1);
	assert.equal(b[10]!.part, 1);
	assert.equal(b[39]!.part, 0.06);
	assert.equal(b.filter((x) => x.part > 0).length, 2);
});

test('the day line: healthy, catching up, syncing, no data, job', () => {
	const h = recorded([1, 1, null, 1, 1, 1], { behind: [0, 100, null, 0, 0, 90000] });
	const job = { started_at: 4 * 600000 + 1, ended_at: 4 * 600000 + 2 } as Job;
	assert.deepEqual(
		daySpans(h, [job])!.map((s) => s.kind),
		['ok', 'slow', 'none', 'ok', 'work', 'sync'],
	);
	const spans = daySpans(h, [])!;
	assert.equal(spans[0]!.from, 0);
	assert.equal(spans[spans.length - 1]!.to, 1);
});

test('one mark a job; of marks on each other the weightiest stays', () => {
	const e = (id: number, at: number, type: Event['type'], data: object | null) => ({ id, at, type, message: type, data }) as unknown as Event;
	const marks = marksOf([e(3, 300, 'limits', {}), e(2, 200, 'job', { job: 7, action: 'upgrade' }), e(1, 100, 'job', { job: 7 }), e(7, 4000, 'job', { job: 8, action: 'limits' }), e(6, 90, 'job', null), e(4, 5000, 'oom', {}), e(5, 10, 'access', null)]);
	assert.deepEqual(
		marks.map((m) => m.kind),
		['job', 'limits', 'limits', 'oom'],
	);
	assert.deepEqual(
		thin(marks, 1000).map((m) => m.kind),
		['limits', 'limits', 'oom'],
	);
});

test('labels above the slider do not touch', () => {
	const placed = placeTicks([
		{ x: 0.34, text: '99 % of the time below 1.5 GiB' },
		{ x: 0.4, text: 'peak in 30 days 1.7 GiB' },
		{ x: 0.49, text: 'your limit 2.0 GiB' },
	]);
	const spans = placed.map((p) => ({ row: p.row, from: p.left ? p.x - (p.text.length * 7) / 900 : p.x, to: p.left ? p.x : p.x + (p.text.length * 7) / 900 }));
	for (const a of spans) for (const b of spans) if (a !== b && a.row === b.row) assert.ok(a.to < b.from || b.to < a.from, JSON.stringify([a, b]));
	assert.equal(placed[0]!.left, true);
	assert.equal(placeTicks([{ x: 0, text: 'peak in 30 days 71 MiB' }])[0]!.left, false);
	assert.equal(placeTicks([{ x: 1, text: 'your limit 4.0 GiB' }])[0]!.left, true);
});

test('CSV: a row each step, empty where nothing is known', () => {
	assert.equal(toCsv(recorded([1, null])), 'time,memory_needed_min,memory_needed_mean,memory_needed_max\n1970-01-01T00:00:00.000Z,1,1,1\n1970-01-01T00:10:00.000Z,,,\n');
});

test('the install request leaves out what was not answered', () => {
	const form: InstallForm = { name: 'parity', dataDir: '', network: 'private', recipe: 'parity', image: 'p:v1', options: { pruning: 'fast', warp: false, cache: null, identity: '' }, memory: 2 * GIB, cpus: null, relay: true, relayRecipe: 'ethnetintel', relayOptions: { instance_name: 'x' }, relaySecrets: { WS_SECRET: '' } };
	const input = stackInput(form);
	assert.deepEqual(input.services[0]!.options, { pruning: 'fast', warp: false });
	assert.equal(input.data_dir, undefined);
	assert.equal(input.services.length, 2);
	assert.equal(input.services[1]!.secrets, undefined);
	assert.equal(stackInput({ ...form, relay: false }).services.length, 1);
});

test('suggested memory: the recipe’s advice, never more than half of the NAS', () => {
	assert.equal(suggestedMemory({ limits: { memory_bytes: 2 * GIB } } as never, 4 * GIB), 2 * GIB);
	assert.equal(suggestedMemory({ limits: { memory_bytes: 2 * GIB } } as never, 2 * GIB), GIB);
	assert.equal(suggestedMemory(undefined, 256 * MIB), 256 * MIB);
});
