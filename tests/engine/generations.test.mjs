// One chain, four generations of its client: 1.3.5 → 1.6.8 → 2.5.13 → 3.3.5, on a private network.
// Each upgrade says beforehand what it does to the database; the flags and the owner are those of
// the generation; the folder is the same one; a refused database brings the old version back.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { tree } from '../lib/files.mjs';
import { Stage, images, node } from '../lib/fixture.mjs';

describe('generations', { timeout: 300000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const folder = () => path.join(stage.folder('gen'), 'node');
  const at = { height: 0 };

  before(async () => {
    await stage.set({ parity: ['1.3.5', '1.6.8', '2.5.13', '3.3.5'] });
    await station.start();
  });
  after(() => stage.end());

  const planOf = async (image) => {
    const { status, body } = await station.api('POST', '/stacks/gen/upgrade', { image, dry_run: true });
    assert.equal(status, 200, JSON.stringify(body));
    return body.plan;
  };
  const codes = (plan) => plan.warnings.map((w) => w.code);
  const dbVersion = async () => (await station.get('/stacks/gen/chains')).current.db_version;

  /** Every file of the chain belongs to the image's user. */
  function owners() {
    const all = [folder(), ...tree(folder()).map((f) => path.join(folder(), f))];
    return [...new Set(all.filter((f) => !f.includes('double.control')).map((f) => fs.lstatSync(f).uid))];
  }

  async function runs(version, flags, uid) {
    const c = await engine.inspect('gen-node');
    assert.ok(c.State.Running);
    assert.equal(c.Config.Image, images[version]);
    assert.deepEqual(c.HostConfig.Binds, [`${folder()}:/data`], 'the same folder');
    assert.equal(fs.statSync(`/proc/${c.State.Pid}/root/data`).ino, fs.statSync(folder()).ino, 'really the same folder');
    for (const f of flags) assert.ok(` ${c.Config.Cmd.join(' ')} `.includes(` ${f} `), `${f} in ${c.Config.Cmd.join(' ')}`);
    assert.deepEqual(owners(), [uid], 'owner of all files');
    assert.match(stage.rpc(c.State.Pid, 'web3_clientVersion'), new RegExp(`v${version.replaceAll('.', '\\.')}`));
    at.height = await stage.grows('gen', at.height);
    assert.equal((await engine.containers()).length, 1, 'no other container is left');
    return c;
  }

  it('begins with 1.3.5', async () => {
    await station.job('POST', '/stacks', { name: 'gen', services: [node('1.3.5')] });
    const c = await runs('1.3.5', ['-d /data', '--no-signer', '--no-dapps', '--jsonrpc-apis web3,eth,net,ethcore'], 0);
    assert.deepEqual(Object.values(c.NetworkSettings.Ports).filter(Boolean), [], 'no port is published');
    assert.ok(c.NetworkSettings.Networks['ethstation-gen'], 'a network of its own');
    assert.equal(await dbVersion(), 10);
  });

  it('upgrades to 1.6.8: the database is migrated for good', async () => {
    const plan = await planOf(images['1.6.8']);
    assert.equal(plan.one_way, true);
    assert.ok(codes(plan).includes('db.one_way'), codes(plan).join());
    assert.ok(!plan.steps.some((s) => s.kind === 'owner'), 'both run as root');
    await station.job('POST', '/stacks/gen/upgrade', { image: images['1.6.8'] });
    await runs('1.6.8', ['--base-path /data', '--no-ui', '--jsonrpc-apis web3,eth,net,parity', '--auto-update none'], 0);
    assert.equal(await dbVersion(), 11);
  });

  it('upgrades to 2.5.13: another format, and another owner', async () => {
    const plan = await planOf(images['2.5.13']);
    assert.equal(plan.one_way, true);
    assert.ok(codes(plan).includes('db.one_way'));
    const owner = plan.steps.find((s) => s.kind === 'owner');
    assert.ok(owner, 'the change of the owner is a step of the plan');
    assert.match(owner.docker, /^chown -R 1000:1000 .*\/gen\/node$/);
    assert.equal(owner.down, true);
    await station.job('POST', '/stacks/gen/upgrade', { image: images['2.5.13'] });
    const c = await runs('2.5.13', ['--base-path /data', '--auto-update none', '--no-download'], 1000);
    assert.ok(!c.Config.Cmd.includes('--no-ui'), 'a flag of the past');
    assert.ok(c.HostConfig.SecurityOpt.includes('no-new-privileges'));
    assert.equal(await dbVersion(), 13);
  });

  it('is refused by 3.3.5 and rolls back by itself', async () => {
    const plan = await planOf(images['3.3.5']);
    assert.ok(codes(plan).includes('db.refused'), codes(plan).join());
    const before = await engine.inspect('gen-node');
    const job = await station.job('POST', '/stacks/gen/upgrade', { image: images['3.3.5'] }, 'rolled_back');
    assert.equal(job.error.code, 'service.ended');
    assert.match(job.error.message, /database/i, 'with the words of the node');
    assert.ok(job.steps.some((s) => s.state === 'failed'));
    const c = await runs('2.5.13', ['--base-path /data'], 1000);
    assert.equal(c.Id, before.Id, 'the very container from before');
    assert.equal(c.HostConfig.RestartPolicy.Name, 'always', 'armed again');
    assert.equal(await dbVersion(), 13);
    assert.equal((await station.service('gen', 'node')).image, images['2.5.13'], 'so is the wish');
    const told = await stage.finding('job.rolled_back');
    assert.match(told.message, /Everything is as before/);
  });

  it('is refused by an older version, too, and gets its owner back', async () => {
    const plan = await planOf(images['1.6.8']);
    assert.ok(codes(plan).includes('db.refused'), codes(plan).join());
    const job = await station.job('POST', '/stacks/gen/upgrade', { image: images['1.6.8'] }, 'rolled_back');
    assert.equal(job.steps.find((s) => s.kind === 'owner').state, 'undone');
    await runs('2.5.13', ['--base-path /data'], 1000);
  });

  it('refuses an image that is of no version it knows', async () => {
    for (const image of ['parity/parity:v4.0.0', 'openethereum/openethereum:v9.9.9', 'library/nginx:1.25', 'ethnetintel:latest']) {
      const { status, body } = await station.api('POST', '/stacks/gen/upgrade', { image, dry_run: true });
      assert.equal(status, 400, image);
      assert.equal(body.error.code, 'image.unknown', image);
    }
  });

  it('gets to 3.3.5 by a resync, with the old chain set aside', async () => {
    const old = at.height;
    const key = fs.readFileSync(path.join(folder(), 'chains/ethereum/network/key'), 'utf8');
    const job = await station.job('POST', '/stacks/gen/resync', { image: images['3.3.5'] });
    assert.equal(job.error, null);
    at.height = 0;
    await runs('3.3.5', ['--base-path /data'], 1000);
    assert.ok(at.height < old, 'a chain from the beginning');
    assert.equal(await dbVersion(), 16);
    assert.equal(fs.readFileSync(path.join(folder(), 'chains/ethereum/network/key'), 'utf8'), key, 'the same identity');
    const { kept } = await station.get('/stacks/gen/chains');
    assert.deepEqual(kept.map((k) => [k.reason, k.image]), [
      ['resync', images['2.5.13']], ['upgrade', images['1.6.8']], ['upgrade', images['1.3.5']],
    ], 'it is known what reads each of them');
    at.old = old;
  });

  it('puts the old chain back, with the image that reads it', async () => {
    const { kept } = await station.get('/stacks/gen/chains');
    await station.job('POST', '/stacks/gen/putback', { chain: kept[0].id });
    at.height = at.old;
    await runs('2.5.13', ['--base-path /data'], 1000);
    assert.equal(await dbVersion(), 13);
    const now = (await station.get('/stacks/gen/chains')).kept;
    assert.deepEqual([now[0].reason, now[0].image], ['put_back', images['3.3.5']], 'the other one is kept now');
    assert.equal(now.length, kept.length, 'and the copies of before');
  });
});
