// cfg: qpkg.cfg as an object. It is shell text that the NAS sources, so only plain KEY="value" lines are
// accepted: nothing that a shell would expand. Also what the package format allows in the values.
import fs from 'node:fs';

/** The 100 bytes at the end of a package keep ten for the version; App Center would cut a longer one. */
const VERSION_MAX = 10;
const NAME_MAX = 20;

export function readCfg(file) {
  const cfg = {};
  for (const [i, line] of fs.readFileSync(file, 'utf8').split('\n').entries()) {
    if (!line || line.startsWith('#')) continue;
    const m = line.match(/^([A-Z_]+)="([^"$`\\]*)"$/);
    if (!m) throw new Error(`${file}:${i + 1}: not a plain KEY="value" line: ${line}`);
    cfg[m[1]] = m[2];
  }
  check(cfg);
  return cfg;
}

function check(cfg) {
  for (const key of ['QPKG_NAME', 'QPKG_DISPLAY_NAME', 'QPKG_VER', 'QPKG_AUTHOR', 'QPKG_SERVICE_PROGRAM', 'QPKG_REQUIRE'])
    if (!cfg[key]) throw new Error(`qpkg.cfg has no ${key}`);
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(cfg.QPKG_NAME) || cfg.QPKG_NAME.length > NAME_MAX)
    throw new Error(`QPKG_NAME ${cfg.QPKG_NAME}: letters and digits, at most ${NAME_MAX}`);
  if (!/^\d+(\.\d+){0,2}$/.test(cfg.QPKG_VER) || cfg.QPKG_VER.length > VERSION_MAX)
    throw new Error(`QPKG_VER ${cfg.QPKG_VER}: at most ${VERSION_MAX} characters, numbers with dots`);
  if (!/^[\w-]+ >= \d+(\.\d+)*$/.test(cfg.QPKG_REQUIRE))
    throw new Error(`QPKG_REQUIRE ${cfg.QPKG_REQUIRE}: the installer knows only "app >= version"`);
  if (cfg.QTS_MAX_VERSION) throw new Error('QTS_MAX_VERSION would lock owners out after an update of QTS');
}
