// nas: an emulated QNAP NAS for the tests: volumes and network that survive a power cut, a root file system in RAM that does not,
// QTS's own tools, registry and boot order. No virtual machine: namespaces and a chroot, see nas/.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { until } from '../lib/station.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, '../..');
const tools = path.join(root, 'build/qts/tools');
const part = (name) => path.join(here, 'nas', name);

/** What every install must find; a test may change it before it boots. */
const registry = `[container-station]
Name = container-station
Version = 3.0.5.623
Enable = TRUE
RC_Number = 150
Install_Path = /share/CACHEDEV1_DATA/.qpkg/container-station
[OtherApp]
Name = OtherApp
Version = 1.2
Enable = TRUE
RC_Number = 110
`;

let count = 0;

/** What names the mount namespace of a process. */
const mounts = (pid) => `/proc/${pid}/ns/mnt`;

export class Nas {
  /** shell: what /bin/sh is, "bash" or "ash"; arch: "x86_64" or "arm_64"; engine: an Engine whose socket the NAS sees. */
  constructor({ shell = 'ash', arch = 'x86_64', firmware = '5.1.2', engine = null, volumeSize = '64m' } = {}) {
    Object.assign(this, { shell, arch, firmware, engine, volumeSize });
    this.machine = arch === 'arm_64' ? 'aarch64' : 'x86_64';
    this.children = [];
  }

  /** Makes volumes, network and registry, and boots. */
  async make() {
    execFileSync(part('tools.sh'), [tools], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nas-'));
    const binfmt = this.arch === 'arm_64' ? `est-${process.pid}-${count++}` : '';
    this.holder = await this.begin('unshare', ['-m', '-n', '--propagation', 'private', part('holder.sh'), this.dir, binfmt], {
      VOLUME_SIZE: this.volumeSize,
    });
    fs.mkdirSync(this.at('hda/.config'));
    for (const folder of ['vol1/Public', 'vol1/.qpkg/container-station', 'vol2/.qpkg']) fs.mkdirSync(this.at(folder), { recursive: true });
    this.write('hda/.logs', '');
    this.write('hda/.config/qpkg.conf', registry);
    this.write('hda/.config/smb.conf', '[Public]\npath = /share/CACHEDEV1_DATA/Public\n');
    this.write('hda/.config/def_share.info', '[SHARE_DEF]\ndefVolMP = /share/CACHEDEV1_DATA\n');
    this.write('hda/.config/uLinux.conf', '[System]\nWeb Access Port = 8080\nVersion = 0\n');
    return this.boot();
  }

  /** Starts a process of the emulation; resolves when it says "ready". It lives until our end of its input is closed. */
  begin(command, args, env = {}) {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: { ...process.env, ...env } });
      let said = '';
      child.stderr.on('data', (d) => (said += d));
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`${args.at(-1)} ended (${code}): ${said}`)));
      child.stdout.on('data', (d) => {
        if (String(d).includes('ready')) resolve(child);
      });
    });
  }

  /** Arguments of nsenter for the NAS's volumes and network. */
  outside() {
    return ['-t', String(this.holder.pid), '-m', '-n'];
  }

  /** Runs a program of this machine among the NAS's mounts. */
  amongMounts(...command) {
    return execFileSync('nsenter', ['-t', String(this.holder.pid), '-m', ...command], { encoding: 'utf8' });
  }

  /** A path of the emulation (hda/…, vol1/…) as this process can open it. */
  at(name) {
    return path.join(`/proc/${this.holder.pid}/root`, this.dir, name);
  }

  /** A path of the NAS (/etc/…, /share/…) as this process can open it. */
  inside(name) {
    return path.join(`/proc/${this.system.pid}/root`, this.dir, 'root', name);
  }

  read(name) {
    return fs.readFileSync(this.at(name), 'utf8');
  }

  write(name, text) {
    fs.writeFileSync(this.at(name), text);
  }

  exists(name) {
    return fs.existsSync(this.at(name));
  }

  /* ---- power ---- */

  /** RAM made anew, then what QTS does at boot: each enabled app's Shell with `start`, in the order of RC_Number. */
  async boot() {
    this.system = await this.begin('nsenter', [...this.outside(), 'unshare', '-m', '--propagation', 'private', part('boot.sh'),
      this.dir, tools, this.shell, this.machine, this.firmware, this.engine?.dir ?? '']);
    this.mounts = fs.readlinkSync(mounts(this.system.pid)); // now: its first process may end before the last one
    const apps = Object.values(this.apps()).filter((a) => a.Enable === 'TRUE' && a.Shell);
    this.booted = apps.sort((a, b) => a.RC_Number - b.RC_Number).map((a) => this.run(`${a.Shell} start`));
    return this;
  }

  /** Everything that runs on the NAS, by its mount namespace. */
  processes() {
    const mine = (pid) => {
      try {
        return fs.readlinkSync(mounts(pid)) === this.mounts;
      } catch {
        return false; // it has just ended
      }
    };
    return fs.readdirSync('/proc').filter((p) => /^\d+$/.test(p) && mine(p)).map(Number);
  }

  /** The plug is pulled: no process gets a word, RAM is gone. Volumes stay as they are. */
  async powerCut() {
    const gone = new Promise((r) => this.system.on('exit', r));
    for (let left = this.processes(); left.length; left = this.processes())
      for (const pid of left) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // it ended by itself
        }
      }
    await gone;
    return this;
  }

  /** An orderly reboot: `stop` for each app, then as after a power cut. */
  async reboot() {
    for (const a of Object.values(this.apps())) if (a.Shell) this.run(`${a.Shell} stop`);
    await this.powerCut();
    return this.boot();
  }

  /** Leaves nothing: no process, mount, namespace or folder. */
  async end() {
    for (const child of this.children) child.kill('SIGKILL');
    if (this.holder) {
      const gone = new Promise((r) => this.holder.on('exit', r));
      this.holder.stdin.end();
      await gone;
    }
  }

  /* ---- the registry and the log ---- */

  /** qpkg.conf as {section: {key: value}} */
  apps() {
    const found = {};
    let section;
    for (const line of this.read('hda/.config/qpkg.conf').split('\n')) {
      const [, name] = line.match(/^\[(.+)\]$/) ?? [];
      if (name) section = found[name] = {};
      const [, key, value] = line.match(/^([^=]+?) *= *(.*)$/) ?? [];
      if (key && section) section[key] = value;
    }
    return found;
  }

  get app() {
    return this.apps().EthereumStation;
  }

  set(section, key, value) {
    this.must(`setcfg ${section} ${key} "${value}" -f /etc/config/qpkg.conf`);
  }

  /** Lines "LEVEL TEXT" that were given to log_tool. */
  logs() {
    return this.read('hda/.logs').split('\n').filter(Boolean);
  }

  /* ---- doing things on it ---- */

  argv(command) {
    return ['-t', String(this.system.pid), '-m', '-n', 'chroot', path.join(this.dir, 'root'), '/bin/sh', '-c', command];
  }

  /** Runs a command as root; {status, out} */
  run(command, { env = {}, input, timeout = 120000 } = {}) {
    const { status, stdout, stderr, signal } = spawnSync('nsenter', this.argv(command), {
      encoding: 'utf8', input: input ?? '', timeout, killSignal: 'SIGKILL',
      env: { PATH: '/bin:/sbin:/usr/bin:/usr/sbin', HOME: '/root', USER: 'admin', ...env },
    });
    if (signal) throw new Error(`${command}: ended by ${signal}\n${stdout}${stderr}`);
    return { status, out: stdout + stderr };
  }

  must(command, options) {
    const { status, out } = this.run(command, options);
    if (status !== 0) throw new Error(`${command}: ${status}\n${out}`);
    return out;
  }

  /** The same in the background: a child process with its output in .said */
  spawn(command, env = {}) {
    const child = spawn('nsenter', this.argv(command), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/bin:/sbin:/usr/bin:/usr/sbin', HOME: '/root', USER: 'admin', ...env },
    });
    child.said = '';
    for (const s of [child.stdout, child.stderr]) s.on('data', (d) => (child.said += d));
    child.ended = new Promise((r) => child.on('exit', r));
    this.children.push(child);
    return child;
  }

  /** Copies a package to the NAS, as App Center does; its path there. */
  upload(file) {
    const to = `/share/CACHEDEV1_DATA/.qpkg/${path.basename(file)}`;
    fs.copyFileSync(file, this.at(to.replace('/share/CACHEDEV1_DATA', 'vol1')));
    return to;
  }

  /** As App Center installs: {status, out, progress}. 10 = done, the file may go. */
  install(file, options) {
    const there = this.upload(file);
    fs.rmSync(this.inside('/tmp/update_process'), { force: true });
    const done = this.run(`cd /tmp && sh ${there}`, options);
    fs.rmSync(this.at(there.replace('/share/CACHEDEV1_DATA', 'vol1')));
    return { ...done, progress: this.progress };
  }

  /** What App Center's page would show of an installation; '' before it has begun, and while it is written anew. */
  get progress() {
    try {
      return fs.readFileSync(this.inside('/tmp/update_process'), 'utf8').trim();
    } catch {
      return '';
    }
  }

  /** As App Center removes: the app's own script, then its section, then the folder. */
  remove() {
    const { Install_Path } = this.app;
    const done = this.run(`${Install_Path}/.uninstall.sh`);
    this.must('rmcfg EthereumStation -f /etc/config/qpkg.conf');
    this.must(`rm -rf ${Install_Path}`);
    return done;
  }

  /** As App Center switches it: the registry, then the service. */
  enable(on) {
    if (on) this.set('EthereumStation', 'Enable', 'TRUE');
    const done = this.run(`${this.app.Shell} ${on ? 'start' : 'stop'}`);
    if (!on) this.set('EthereumStation', 'Enable', 'FALSE');
    return done;
  }

  service(word, options) {
    return this.run(`${this.app.Shell} ${word}`, options);
  }

  get running() {
    return this.service('status').status === 0;
  }

  /** Processes of the program itself (not its supervisor). */
  programs() {
    return this.processes().filter((pid) => this.runs(pid, 'ethstation\0serve'));
  }

  /** Whether a process's command line has these words, with a NUL between them. */
  runs(pid, words) {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(words);
    } catch {
      return false; // it ended
    }
  }

  /* ---- its web ---- */

  /** One request inside the NAS's network; {status, body, headers} or null when nobody listens. */
  http(url, { method = 'GET', headers = {}, body, insecure } = {}) {
    const { status, stdout } = spawnSync('nsenter', ['-t', String(this.holder.pid), '-n', 'curl', '-s', '-i', '--max-time', '150',
      ...(insecure ? ['-k'] : []), '-X', method, ...Object.entries(headers).flatMap(([k, v]) => ['-H', `${k}: ${v}`]),
      ...(body === undefined ? [] : ['--data-binary', '@-']), url], { encoding: 'utf8', input: body ?? '' });
    if (status !== 0) return null;
    const end = stdout.indexOf('\r\n\r\n');
    const [first, ...lines] = stdout.slice(0, end).split('\r\n');
    const fields = lines.map((l) => [l.slice(0, l.indexOf(':')).toLowerCase(), l.slice(l.indexOf(':') + 1).trim()]);
    return { status: Number(first.split(' ')[1]), body: stdout.slice(end + 4), headers: Object.fromEntries(fields), fields };
  }

  /** The program itself, past the proxy. */
  get url() {
    return `http://127.0.0.1:${this.app.Web_Port}`;
  }

  get answers() {
    return this.http(`${this.url}/`)?.status === 200;
  }

  /** Starts QTS's web server on 8080. */
  async web() {
    const child = await this.begin('nsenter', [...this.outside(), process.execPath, part('proxy.mjs'), '8080',
      path.join(this.dir, 'hda/.config/qpkg.conf')]);
    this.children.push(child);
  }

  token(scope = 'admin', name = 'tests') {
    const { Install_Path } = this.app;
    return this.must(`${Install_Path}/ethstation token create --state ${this.home}/state --name ${name} --scope ${scope}`).trim();
  }

  /** Where settings, history and chains are. */
  get home() {
    return '/share/CACHEDEV1_DATA/EthereumStation';
  }
}

export { until };
