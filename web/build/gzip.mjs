// After the build: every text file becomes NAME.gz, for that is what the server embeds and sends. The
// page itself also stays as it is: below a proxy's prefix the server writes that into it.
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
				if (!name.endsWith('/index.html')) await rm(name);
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
