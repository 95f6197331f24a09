import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import en from '../src/lang/en.json';
import { parseHash } from '../src/router';

const SRC = join(process.env.WEB_ROOT!, 'src');

function sources(dir = SRC): string[] {
	return readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
		const name = join(dir, e.name);
		if (e.isDirectory()) return sources(name);
		return /\.tsx?$/.test(e.name) && e.name !== 'types.ts' ? [readFileSync(name, 'utf8')] : [];
	});
}

test('every sentence is used somewhere', () => {
	const all = sources().join('\n');
	const quoted = new Set(Array.from(all.matchAll(/['"]([a-z_0-9]+(?:\.[a-z_0-9]+)*)['"]/gi), (m) => m[1]));
	const built = Array.from(all.matchAll(/`([a-z]+\.(?:[a-z]+_)?)\$\{[^}]+\}([a-z_]*)`/gi), (m) => [m[1]!, m[2]!] as const);
	const unused = Object.keys(en).filter((k) => !quoted.has(k) && !built.some(([head, tail]) => k.startsWith(head) && k.endsWith(tail)));
	assert.deepEqual(unused, []);
});

test('sentences do not shout and leave no hole', () => {
	for (const [key, text] of Object.entries(en)) {
		assert.ok(!text.includes('!'), key);
		assert.ok(!/\{[^}\w]|\{\w+\s/.test(text), key);
		assert.equal(text.trim(), text, key);
	}
});

test('no markup that the content policy would refuse', () => {
	for (const text of sources()) {
		assert.ok(!/\sstyle=/.test(text), 'style attribute');
		assert.ok(!/dangerouslySetInnerHTML|innerHTML/.test(text), 'innerHTML');
	}
});

test('addresses', () => {
	assert.equal(parseHash('').page, 'overview');
	assert.equal(parseHash('#/').page, 'overview');
	const r = parseHash('#/logs?service=relay&stack=a');
	assert.equal(r.page, 'logs');
	assert.equal(r.query.get('service'), 'relay');
});
