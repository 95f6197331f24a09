// feed --base-url URL --packages DIR --icons DIR --out DIR: a folder to put on a web server under URL: repo.xml, which App Center
// reads as a repository of its own ("App Repository"), and the packages and icons that it names.
//
// Name and version must be those of the packages, or App Center says that it cannot find the app; `cachechk` must change when
// anything does. Every arm64 model that asks under an id of its own gets the same package.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { readCfg } from './cfg.mjs';
import { architectures } from './format.mjs';
import { problems } from './verify.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** When the packages were last written. */
function stamps(files) {
  const at = new Date(Math.max(...files.map((f) => fs.statSync(f).mtimeMs)));
  const digits = at.toISOString().replace(/\D/g, '');
  return { cachechk: digits.slice(0, 12), published: at.toISOString().slice(0, 19).replace('T', ' ') };
}

/** The XML for the packages in a folder; every one is verified again. */
export function feed({ baseUrl, packages: dir, cfg: cfgFile = path.join(root, 'qpkg.cfg') }) {
  const cfg = readCfg(cfgFile);
  const base = new URL(baseUrl.replace(/\/*$/, '/'));
  if (!/^https?:$/.test(base.protocol)) throw new Error('--base-url must begin with http:// or https://');
  const url = (name) => escape(new URL(name, base).href);
  const files = Object.keys(architectures).map((arch) => [arch, `${cfg.QPKG_NAME}_${cfg.QPKG_VER}_${arch}.qpkg`]);
  for (const [, name] of files) {
    const bad = problems(path.join(dir, name));
    if (bad.length) throw new Error(`${name}: ${bad.join('; ')}`);
  }
  const { cachechk, published } = stamps(files.map(([, name]) => path.join(dir, name)));
  const platforms = files.flatMap(([arch, name]) =>
    architectures[arch].platforms.map((id) =>
      `    <platform>\n      <platformID>${id}</platformID>\n      <location>${url(name)}</location>\n    </platform>`));
  return `<?xml version="1.0" encoding="utf-8"?>
<plugins>
  <cachechk>${cachechk}</cachechk>
  <item>
    <name>${escape(cfg.QPKG_DISPLAY_NAME)}</name>
    <internalName>${cfg.QPKG_NAME}</internalName>
    <version>${cfg.QPKG_VER}</version>
    <description><![CDATA[${cfg.QPKG_SUMMARY}]]></description>
    <changeLog>${url('CHANGES')}</changeLog>
    <category>Utilities</category>
    <type>Utilities</type>
    <icon80>${url(`${cfg.QPKG_NAME}_80.gif`)}</icon80>
    <icon100>${url(`${cfg.QPKG_NAME}_100.gif`)}</icon100>
    <snapshot></snapshot>
    <bannerImg></bannerImg>
    <tutorialLink></tutorialLink>
    <forumLink></forumLink>
${platforms.join('\n')}
    <publishedDate>${published}</publishedDate>
    <maintainer>${escape(cfg.QPKG_AUTHOR)}</maintainer>
    <developer>${escape(cfg.QPKG_AUTHOR)}</developer>
    <language>English</language>
    <fwVersion>${cfg.QTS_MINI_VERSION}</fwVersion>
  </item>
</plugins>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = { type: 'string' };
  try {
    const { values } = parseArgs({ options: { 'base-url': text, packages: text, icons: text, out: text } });
    const { 'base-url': baseUrl, packages, icons, out } = values;
    if (!baseUrl) throw new Error('say where the files will be: --base-url https://example.org/ethstation');
    const xml = feed({ baseUrl, packages });
    fs.rmSync(out, { recursive: true, force: true });
    fs.mkdirSync(out, { recursive: true });
    fs.writeFileSync(path.join(out, 'repo.xml'), xml);
    for (const [, name] of xml.matchAll(/>[^<]*\/([^/<]+\.(?:qpkg|gif))</g))
      fs.copyFileSync(path.join(name.endsWith('.gif') ? icons : packages, name), path.join(out, name));
    fs.copyFileSync(path.join(root, 'CHANGES'), path.join(out, 'CHANGES'));
    console.log(`put ${path.relative(process.cwd(), out)}/ on the web server; the repository is ${new URL('repo.xml', baseUrl.replace(/\/*$/, '/'))}`);
  } catch (e) {
    console.error(`feed: ${e.message}`);
    process.exit(1);
  }
}
