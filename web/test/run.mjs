// npm test: bundles every test/*.test.ts and runs them with node's own test runner.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
// The esbuild that vite brings, so that there is one compiler only.
const esbuild = createRequire(createRequire(import.meta.url).resolve('vite'))('esbuild');
const out = mkdtempSync(join(tmpdir(), 'web-test-'));
const tests = readdirSync(here).filter((f) => f.endsWith('.test.ts'));
try {
	await esbuild.build({ entryPoints: tests.map((f) => join(here, f)), outdir: out, bundle: true, platform: 'node', format: 'esm', outExtension: { '.js': '.mjs' }, target: 'node18', logLevel: 'warning' });
	const files = readdirSync(out).map((f) => join(out, f));
	const run = spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...files], { stdio: 'inherit', env: { ...process.env, TZ: 'UTC', WEB_ROOT: join(here, '..') } });
	process.exitCode = run.status ?? 1;
} finally {
	rmSync(out, { recursive: true, force: true });
}
