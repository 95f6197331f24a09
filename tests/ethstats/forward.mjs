// forward: a port inside another network namespace that leads to a server here: containers of a private engine reach
// it, and whoever looks from their network. Run by forwardInto() there: node forward.mjs HOST PORT SOCKET
import { spawn } from 'node:child_process';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

function join(a, b) {
  a.pipe(b).pipe(a);
  for (const [one, other] of [[a, b], [b, a]]) {
    one.on('error', () => {});
    one.on('close', () => other.destroy());
  }
}

/** Resolves to {host, port, end()}: HOST:PORT in the namespace leads to 127.0.0.1:port here, through `socket`. */
export async function forwardInto(netns, host, port, socket) {
  const here = net.createServer((s) => join(s, net.connect(port, '127.0.0.1')));
  await new Promise((resolve) => here.listen(socket, resolve));
  const child = spawn('nsenter', [`--net=${netns}`, process.execPath, fileURLToPath(import.meta.url), host, socket],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.on('exit', resolve));
  const there = await Promise.race([
    new Promise((resolve) => child.stdout.once('data', (d) => resolve(Number(d)))),
    gone.then((code) => {
      throw new Error(`no port in ${netns}: ${code}`);
    }),
  ]);
  return {
    host, port: there,
    async end() {
      child.kill('SIGKILL');
      here.close();
      await gone;
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [host, socket] = process.argv.slice(2);
  const server = net.createServer((s) => join(s, net.connect(socket)));
  server.listen(0, host, () => console.log(server.address().port));
  process.stdin.on('end', () => process.exit()).resume(); // who made it is gone, however that ended
}
