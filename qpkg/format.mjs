// format: the .qpkg file, byte by byte, for the writer, the verifier and the tests.
//
//	header       shell text, padded with comment lines to a multiple of BLOCK; ends with "exit 1\n"
//	control.tar  one member control.tar.gz, padded with NULs to a multiple of BLOCK
//	data.tar.gz  the install folder, padded with NULs to a multiple of BLOCK
//	tail         100 bytes of ASCII: what App Center reads before it runs anything
//
// Everything lies on multiples of BLOCK, so that the NAS's dd can cut it out exactly: reading a pipe in blocks
// loses bytes with some versions of dd, and a cut that is rounded up leaves bytes after the gzip stream.
// tar and gzip ignore trailing NULs.

export const BLOCK = 4096;
export const TAIL = 100;

/** Our name of an architecture (QDK's) → uname -m, the ELF machine, the platform ids of App Center's feed. */
export const architectures = {
  x86_64: { machine: 'x86_64', elf: 62, platforms: ['TS-NASX86'] },
  // Some arm64 models ask for packages under an id of their own.
  arm_64: {
    machine: 'aarch64',
    elf: 183,
    platforms: ['TS-NASARM_64', 'TS-X16', 'TS-X28A', 'TS-X32', 'TS-X32U', 'TS-X33', 'TS-X33EU', 'TS-X33U', 'TS-X35',
      'TS-X35A', 'TS-X35EU', 'TS-X42', 'TS-XA28A'],
  },
};

/** Where a field of the tail begins and how long it is. */
export const tailFields = {
  model: [0, 10],
  checksum: [40, 10],
  firmware: [50, 10],
  name: [60, 20],
  version: [80, 10],
  magic: [90, 10],
};

export const MAGIC = 'QNAPQPKG';

/** First ten digits of a number made of the file's size (tail included). App Center refuses a blank one. */
export function checksum(fileSize) {
  return String(fileSize * 3589 + 1000000000).slice(0, 10);
}

export function tail({ name, version, fileSize }) {
  const bytes = Buffer.alloc(TAIL, ' ');
  const put = (field, text) => bytes.write(text.slice(0, tailFields[field][1]), tailFields[field][0], 'ascii');
  put('checksum', checksum(fileSize));
  put('name', name);
  put('version', version);
  put('magic', MAGIC);
  return bytes;
}

/** The tail's fields without their padding. */
export function readTail(file) {
  const bytes = file.subarray(file.length - TAIL).toString('latin1');
  return Object.fromEntries(Object.entries(tailFields).map(([k, [at, n]]) => [k, bytes.slice(at, at + n).trimEnd()]));
}

/** Where the parts lie, as the header says it; the lines that other readers of packages look for, too. */
export function parts(file) {
  const text = file.subarray(0, 64 * 1024).toString('latin1');
  const header = Number(text.match(/^script_len=(\d+)$/m)?.[1]);
  const control = Number(text.match(/^offset=\$\(\/usr\/bin\/expr \$script_len \+ (\d+)\)$/m)?.[1]);
  const data = Number(text.match(/^offset=\$\(\/usr\/bin\/expr \$offset \+ (\d+)\)$/m)?.[1]);
  if (!header || !control || !data) throw new Error('the header does not say where its parts are');
  return {
    header: file.subarray(0, header),
    control: file.subarray(header, header + control),
    data: file.subarray(header + control, header + control + data),
    end: header + control + data,
  };
}

/** What an ELF file says about itself. */
export function elf(bytes) {
  if (bytes.length < 64 || bytes.toString('latin1', 0, 4) !== '\x7fELF') return null;
  const segments = [];
  const at = Number(bytes.readBigUInt64LE(32));
  for (let i = 0; i < bytes.readUInt16LE(56); i++) segments.push(bytes.readUInt32LE(at + i * bytes.readUInt16LE(54)));
  return { bits: bytes[4] * 32, machine: bytes.readUInt16LE(18), interpreter: segments.includes(3) };
}
