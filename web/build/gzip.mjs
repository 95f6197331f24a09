// After the build: every text file becomes NAME.gz and nothing else, for that is what the server
// embeds and sends.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TEXT = /\.(html|js|css|svg|json|txt)$/;

export function gzipOnly() {
	let dir;
	return {
		name: 'gzip-only',
		apply: 'build',
		configResolved(config) {
			dir = join(config.root, config.build.outDir);
		},
		async closeBundle() {
			for (const name of await textFiles(dir)) {
				await writeFile(`${name}.gz`, gzipSync(await readFile(name), { level: 9 }));
				await rm(name);
			}
		},
	};
}

async function textFiles(dir) {
	const found = [];
	for (const entry of await readdir(dir, { withFileTypes: true })) {
		const name = join(dir, entry.name);
		if (entry.isDirectory()) found.push(...(await textFiles(name)));
		else if (TEXT.test(entry.name)) found.push(name);
	}
	return found;
}
