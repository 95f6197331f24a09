import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generationOf, notesOf, optionsOf, versionOfImage } from '../src/api/recipe';
import type { Recipe } from '../src/api/recipe';

const source = JSON.parse(readFileSync(join(process.env.WEB_ROOT!, '../shared/recipes/parity.json'), 'utf8'));
// As GET /api/v1/recipes answers: images are what is offered, lineage what belongs to it.
const parity = { ...source, images: source.offer, lineage: source.images } as Recipe;

test('versions of images: from the tag, or what the recipe says of a floating one', () => {
	assert.deepEqual(versionOfImage(parity, 'parity/parity:v1.6.8'), [1, 6, 8]);
	assert.deepEqual(versionOfImage(parity, 'registry.local:5000/parity/parity:v2.5.13-stable'), [2, 5, 13]);
	assert.deepEqual(versionOfImage(parity, 'parity/parity:latest'), [2, 7, 2]);
	assert.deepEqual(versionOfImage(parity, 'parity/parity'), [2, 7, 2]);
	assert.equal(versionOfImage(parity, 'somebody/else:latest'), null);
});

test('every offered image has a generation', () => {
	for (const image of parity.images) assert.ok(generationOf(parity, image), image);
});

test('options and choices follow the version', () => {
	const keys = (image: string) => optionsOf(parity, image).map((o) => o.key);
	assert.ok(!keys('parity/parity:v1.3.5').includes('warp'));
	assert.ok(keys('parity/parity:v1.6.8').includes('warp'));
	const networks = (image: string) => optionsOf(parity, image).find((o) => o.type === 'network')!.choices!;
	assert.ok(!networks('parity/parity:v1.3.5').some((c) => c.value === 'dev'));
	assert.ok(networks('parity/parity:v1.6.8').some((c) => c.value === 'dev'));
});

test('the main network says where this version stops', () => {
	const help = (image: string) => optionsOf(parity, image).find((o) => o.type === 'network')!.choices![0]!.help!;
	assert.match(help('parity/parity:v1.6.8'), /stops at block 4\u202f370\u202f000\./);
	assert.match(help('openethereum/openethereum:v3.3.5'), /stops at block 15\u202f050\u202f000\./);
});

test('an unknown image hides nothing: the server has the last word', () => {
	assert.equal(optionsOf(parity, 'somebody/else:latest').length, parity.options.length);
	assert.deepEqual(notesOf(parity, 'somebody/else:latest'), []);
});
