// front: stands before a node's RPC, inside its container's network namespace, and misbehaves as nodes and the
// proxies before them do. As a module: startFront(pid) puts one there; run by itself it is that one.
import { execFileSync, fork } from 'node:child_process';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

const NODE = 8545, FRONT = 8546, SOURCE = '127.0.0.9';
const inside = (pid, ...command) => execFileSync('nsenter', ['-t', String(pid), '-n', ...command]);
const self = fileURLToPath(import.meta.url);

/** What it does can be changed at any time; `seen` is what it was asked: {method: count, batches: count}. */
export async function startFront(pid) {
  const other = ['-p', 'tcp', '!', '-s', SOURCE, '-d', '127.0.0.1', '--dport', String(NODE)];
  const rules = [
    // what is meant for the node comes to the front, but for what the front itself asks; kept connections end
    ['-t', 'nat', 'OUTPUT', ...other, '-j', 'REDIRECT', '--to-ports', String(FRONT)],
    ['-t', 'filter', 'OUTPUT', ...other, '-j', 'REJECT', '--reject-with', 'tcp-reset'],
  ];
  const rule = (how) => rules.forEach(([t, table, ...rest]) => inside(pid, '/usr/sbin/iptables', t, table, how, ...rest));
  const child = fork(self, ['serve'], { execPath: 'nsenter', execArgv: ['-t', String(pid), '-n', process.execPath] });
  const said = () => new Promise((resolve) => child.once('message', resolve));
  await said();
  rule('-A');
  return {
    async does(faults) {
      const answer = said();
      child.send(faults);
      return answer;
    },
    end() {
      child.kill();
      rule('-D');
    },
  };
}

let faults = {}, asked = {};

function pass(text) {
  return new Promise((resolve, reject) => {
    const req = http.request({ host: '127.0.0.1', port: NODE, localAddress: SOURCE, method: 'POST', headers: { 'Content-Type': 'application/json' } }, (res) => {
      let out = '';
      res.on('data', (d) => (out += d));
      res.on('end', () => resolve(out));
    });
    req.on('error', reject);
    req.end(text);
  });
}

const error = (id, code, message) => ({ jsonrpc: '2.0', id, error: { code, message } });

async function answer(call) {
  if (Array.isArray(call)) {
    asked.batches = (asked.batches ?? 0) + 1;
    return error(null, -32600, 'Batched requests are refused');
  }
  asked[call.method] = (asked[call.method] ?? 0) + 1;
  if (/Filter/.test(call.method)) return error(call.id, -32000, 'Filter not found');
  if (faults.flicker && call.method === 'eth_syncing' && asked.eth_syncing % 2)
    return { jsonrpc: '2.0', id: call.id, result: { startingBlock: '0x0', currentBlock: '0x1', highestBlock: '0x2' } };
  const got = JSON.parse(await pass(JSON.stringify(call)));
  if (faults.noDifficulty && call.method === 'eth_getBlockByNumber' && got.result) {
    delete got.result.totalDifficulty;
    delete got.result.difficulty;
  }
  return got;
}

function serve() {
  http.createServer((req, res) => {
    let text = '';
    if (faults.down) return req.socket.destroy();
    req.on('data', (d) => (text += d));
    req.on('end', async () => {
      if (faults.silent) return;
      try {
        const out = faults.garbage ? '<html>502 Bad Gateway</html>' : JSON.stringify(await answer(JSON.parse(text)));
        setTimeout(() => res.setHeader('Content-Type', 'application/json').end(out), faults.slow ?? 0);
      } catch {
        res.destroy();
      }
    });
  }).listen(FRONT, '127.0.0.1', () => process.send('ready'));
  process.on('message', (m) => {
    faults = m;
    process.send(asked);
    asked = {};
  });
  process.on('disconnect', () => process.exit());
}

if (process.argv[2] === 'serve') serve();
