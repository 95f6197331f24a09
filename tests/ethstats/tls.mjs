// tls: an authority of the tests' own, and certificates of it for localhost: a right one, one for another host,
// one whose time is over.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const openssl = (dir, ...args) => execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });

/** Writes into dir; resolves to {ca, right, other, expired}: PEM of the authority, {key, cert} of the others. */
export function certificates(dir) {
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'ca.conf'), [
    '[ca]', 'default_ca=d', '[d]', 'database=index', 'serial=serial', 'new_certs_dir=.', 'default_md=sha256', 'policy=p',
    'copy_extensions=copy', 'unique_subject=no', '[p]', 'commonName=supplied', '[req]', 'distinguished_name=n', '[n]', '',
  ].join('\n'));
  fs.writeFileSync(path.join(dir, 'index'), '');
  fs.writeFileSync(path.join(dir, 'serial'), '01\n');
  openssl(dir, 'req', '-config', 'ca.conf', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', '/CN=Tests',
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign', '-keyout', 'ca.key', '-out', 'ca.pem');
  const make = (name, host, ...dates) => {
    openssl(dir, 'req', '-config', 'ca.conf', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${host}`,
      '-addext', `subjectAltName=DNS:${host}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    openssl(dir, 'ca', '-batch', '-config', 'ca.conf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-in', `${name}.csr`, '-out', `${name}.pem`, '-notext', ...dates);
    return { key: fs.readFileSync(path.join(dir, `${name}.key`)), cert: fs.readFileSync(path.join(dir, `${name}.pem`)) };
  };
  return {
    right: make('right', 'localhost', '-days', '20'),
    other: make('other', 'stats.example', '-days', '20'),
    expired: make('expired', 'localhost', '-startdate', '20200101000000Z', '-enddate', '20210101000000Z'),
    ca: fs.readFileSync(path.join(dir, 'ca.pem')),
  };
}
