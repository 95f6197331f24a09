// machine: what the tests in the small machine share: eyes on the unified control group (cgroup v2) of a process.
import fs from 'node:fs';
import path from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** Nothing here asks for published ports, and every call of iptables costs a second of emulation. */
export const engineArgs = ['--iptables=false', '--ip6tables=false'];

/** As a service of systemd would be: the engine then finds its own memory.swap.max, and limits swap. */
export function leaveRootGroup() {
  fs.writeFileSync(path.join(ROOT, 'cgroup.subtree_control'), '+memory');
  fs.mkdirSync(path.join(ROOT, 'services'), { recursive: true });
  fs.writeFileSync(path.join(ROOT, 'services/cgroup.procs'), String(process.pid));
}

/** The files of a process's group; stays good as long as the group exists. */
export class Group {
  constructor(pid) {
    this.dir = path.join(ROOT, fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8').match(/^0::(.*)$/m)[1]);
  }

  text(file) {
    return fs.readFileSync(path.join(this.dir, file), 'utf8').trim();
  }

  /** None is the kernel's word max, or the engine's of 2^62 and more. */
  number(file) {
    const n = Number(this.text(file));
    return Number.isNaN(n) || n >= 2 ** 62 - 4096 ? Infinity : n;
  }

  /** Files of lines "key value". */
  keys(file) {
    return Object.fromEntries(this.text(file).split('\n').map((line) => line.split(' ')).map(([k, v]) => [k, Number(v)]));
  }

  limits() {
    return {
      memory: this.number('memory.max'),
      low: this.number('memory.low'),
      swap: this.number('memory.swap.max'),
      cpu: this.text('cpu.max'),
      weight: this.number('cpu.weight'),
      io: Number(this.text('io.bfq.weight').match(/^default (\d+)/m)[1]),
    };
  }

  /** Bytes read and written, of all devices. */
  io() {
    const sum = (key) => [...this.text('io.stat').matchAll(new RegExp(`\\b${key}=(\\d+)`, 'g'))].reduce((n, m) => n + Number(m[1]), 0);
    return { read: sum('rbytes'), written: sum('wbytes') };
  }
}
