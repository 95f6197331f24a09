// sample: what reading a container's control groups each second costs, beside a bare pread of the same files.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { n, root, table, target, watchMachine } from './bench.mjs';

const SECONDS = process.env.BENCH_SECONDS ?? '20';

const machine = watchMachine();
const out = execFileSync(path.join(root, 'build/bench/bench_sample'), [SECONDS], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const m = Object.fromEntries(out.trim().split('\n').map((l) => l.split(' ')).map(([k, v]) => [k, Number(v)]));

table(`sample: one container by its kernel's files, middle of many, by turns (${machine()})`, ['', 'us', 'ratio'], [
  [`pread of its ${m.files} files, kept open, nothing parsed`, n(m.bare_us), '1'],
  ['cgroup_read(): the same, parsed', n(m.read_us), n(m.read_us / m.bare_us)],
  ['open, read, close of each', n(m.reopened_us), n(m.reopened_us / m.bare_us)],
  ['pread of usage, memory.stat and cpu time only', n(m.few_us), n(m.few_us / m.bare_us)],
]);
const us = (percent, containers) => (percent / 100) * 1e6 / containers;
table(`sample: each second, ${SECONDS} s, processor time of the process`, ['', '% of one core', 'us a container'], [
  [`pread of the files of ${m.containers} containers`, n(m.bare_percent, 3), n(us(m.bare_percent, m.containers), 1)],
  [`the sampler with ${m.containers} containers: world, history, host`, n(m.many_percent, 3), n(us(m.many_percent, m.containers), 1)],
  ['the sampler with one', n(m.one_percent, 3), n(us(m.one_percent, 1), 1)],
]);
target('a reading, as multiple of the bare one', m.read_us / m.bare_us, 2, 'times');
target('the whole sampler, as multiple of the bare reading', m.many_percent / m.bare_percent, 2, 'times');
target(`the sampler with ${m.containers} containers`, m.many_percent, 1, '% of one core');
