// server KEY CERT: a name server and an https server for the test's own network namespace. Says "ready" when both listen.
import dgram from 'node:dgram';
import fs from 'node:fs';
import https from 'node:https';

export const names = { 'station.test': [127, 0, 0, 1], 'other.test': [127, 0, 0, 1] };
const A = 1;

/** The answer to one question: an address, nothing (another type), or "no such name". */
function answer(query) {
  const labels = [];
  let at = 12;
  while (query[at]) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    at += query[at] + 1;
  }
  const question = query.subarray(12, at + 5);
  const address = names[labels.join('.').toLowerCase()];
  const found = address && query.readUInt16BE(at + 1) === A;
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (address ? 0 : 3), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(found ? 1 : 0, 6);
  const record = found ? Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 60, 0, 4, ...address]) : Buffer.alloc(0);
  return Buffer.concat([head, question, record]);
}

const dns = dgram.createSocket('udp4');
dns.on('message', (query, from) => dns.send(answer(query), from.port, from.address));
dns.bind(53, '127.0.0.1', () => {
  const [key, cert] = process.argv.slice(2).map((f) => fs.readFileSync(f));
  https.createServer({ key, cert }, (req, res) => res.end(`hello ${req.headers.host}`))
    .listen(8443, '127.0.0.1', () => console.log('ready'));
});
