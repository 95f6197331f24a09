import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB, MIB, absolute, ago, bytes, bytesOf, bytesParts, clock, count, duration, gib, moment, month, percent, range, short, thousands } from '../src/format';

const nb = (s: string) => s.replace(/[\u00a0]/g, '_').replace(/\u202f/g, "'");

test('bytes: GiB and above with one decimal, below without, a number never parted from its unit', () => {
	assert.equal(nb(bytes(0)), '0_B');
	assert.equal(nb(bytes(1023)), '1023_B');
	assert.equal(nb(bytes(1024)), '1_KiB');
	assert.equal(nb(bytes(256 * MIB)), '256_MiB');
	assert.equal(nb(bytes(1.2 * GIB)), '1.2_GiB');
	assert.equal(nb(bytes(3.1 * 1024 * GIB)), '3.1_TiB');
});

test('bytes: what would round up to the next unit is shown in that unit', () => {
	assert.equal(nb(bytes(GIB - 1)), '1.0_GiB');
	assert.equal(nb(bytes(MIB - 1)), '1_MiB');
	assert.equal(nb(bytes(1000 * MIB)), '1000_MiB');
	assert.equal(nb(bytes(600 * 1024)), '600_KiB');
	assert.equal(nb(bytes(900 * MIB)), '900_MiB');
});

test('bytes: parts, progress, limits', () => {
	assert.deepEqual(bytesParts(11.2 * GIB), ['11.2', 'GiB']);
	assert.equal(nb(bytesOf(118 * MIB, 180 * MIB)), '118 of 180_MiB');
	assert.equal(gib(2 * GIB), '2.00');
	assert.equal(gib(1.55 * GIB, 1), '1.6');
});

test('numbers: thousands apart by U+202F, percent, plural', () => {
	assert.equal(nb(thousands(2423899)), "2'423'899");
	assert.equal(nb(thousands(999)), '999');
	assert.equal(nb(percent(74.84)), '74.8_%');
	assert.equal(nb(percent(100)), '100_%');
	assert.equal(short(0.1 + 0.2, 2), '0.3');
	assert.equal(nb(count(1, 'peer', 'peers')), '1_peer');
	assert.equal(nb(count(0, 'peer', 'peers')), '0_peers');
	assert.equal(nb(count(1234, 'peer', 'peers')), "1'234_peers");
});

test('durations: at most two units, the second only below ten of the first', () => {
	assert.equal(nb(duration(0)), '0_s');
	assert.equal(nb(duration(59.4)), '59_s');
	assert.equal(nb(duration(62)), '1_min 2_s');
	assert.equal(nb(duration(60)), '1_min');
	assert.equal(nb(duration(754)), '12_min');
	assert.equal(nb(duration(3 * 86400 + 4 * 3600 + 59)), '3_d 4_h');
	assert.equal(nb(duration(-5)), '0_s');
});

test('ranges: one unit for both ends, which are inside; "about" when they meet', () => {
	assert.equal(nb(range(7200, 10800)), '2–3_h');
	assert.equal(nb(range(7100, 7300)), 'about 2_h');
	assert.equal(nb(range(70, 90)), '70–90_s');
	assert.equal(nb(range(90, 170)), '1–3_min');
	assert.equal(nb(range(0, 27)), 'up to 27_s');
	assert.equal(nb(range(40, 130)), 'up to 3_min');
	assert.equal(nb(range(3, 3)), 'about 3_s');
	assert.equal(nb(range(0, 0)), 'about 1_s');
	assert.equal(nb(range(4 * 86400, 6 * 86400)), '4–6_d');
});

test('ages and moments', () => {
	const now = Date.UTC(2026, 10, 22, 14, 2, 9);
	assert.equal(nb(ago(400)), 'now');
	assert.equal(nb(ago(12000)), '12_s ago');
	assert.equal(nb(ago(185000)), '3_min ago');
	assert.equal(nb(ago(49 * 3600000)), '2_d ago');
	assert.equal(ago(-3000), 'now');
	assert.equal(clock(now), '14:02');
	assert.equal(moment(now, now), 'today 14:02');
	assert.equal(moment(now - 86400000, now), 'yesterday 14:02');
	assert.equal(moment(Date.UTC(2026, 10, 19, 12, 40), now), 'Thu 19 Nov 12:40');
	assert.equal(moment(Date.UTC(2025, 10, 19, 12, 40), now), 'Wed 19 Nov 2025 12:40');
	assert.equal(absolute(now), '2026-11-22 14:02:09');
	assert.equal(month(now), 'Nov 2026');
});
