import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { MachineReport, RuntimeReport } from '../../src/cli/services/runtimes.ts';
import { FAMILIES } from '../../src/runtimes/index.ts';
import { HAS_DOCKER, lamSession, type LamSession } from './session.ts';

describe('lam runtimes', () => {
  let s: LamSession;
  /** A PATH with what starts lam from a clone, and nothing else. */
  let bare: string;
  before(async () => {
    s = await lamSession();
    bare = join(s.root, 'bare');
    mkdirSync(bare);
    for (const program of ['dirname', 'readlink']) symlinkSync(`/usr/bin/${program}`, join(bare, program));
  });
  after(() => s.dispose());

  const listed = async (PATH: string): Promise<ReadonlyMap<string, RuntimeReport>> => {
    const { runtimes } = await s.json<MachineReport>(['runtimes'], { env: { PATH } });
    return new Map(runtimes.map((report) => [report.runtime, report]));
  };

  test('lists every family, with what is missing and where it is had', async () => {
    const all = await listed(bare);
    assert.deepEqual([...all.keys()], FAMILIES);
    const node = all.get('nodejs');
    assert.deepEqual([node?.usable, node?.version, node?.had], [true, process.versions.node, null]);
    assert.equal(node?.toolchains[0]?.version, null);
    const python = all.get('python3');
    assert.deepEqual(
      [python?.usable, python?.version, python?.missing.map(({ title }) => title), python?.had?.debian],
      [false, null, ['Python 3.8 or newer'], 'python3'],
    );
    assert.deepEqual(python?.drivers.process, { usable: false, why: 'Python 3.8 or newer is not on PATH' });
    assert.equal(python?.drivers.docker.usable, false);
    const table = (await s.ok(['runtimes'], { env: { PATH: bare } })).stdout;
    assert.match(table, /^RUNTIME +USABLE +VERSION +BUILDS WITH +TO INSTALL\nnodejs +yes +\d/);
    assert.match(table, /^python3 +no +no pip +apt-get install python3$/m);
    const java = all.get('java');
    assert.ok(java !== undefined && java.missing.length > 1, JSON.stringify(java));
    assert.match(table, /^java +no .*no JDK, no Maven +apt-get install .*default-jdk-headless maven$/m);
  });

  test('says whether each driver can be used', async () => {
    const { docker, runtimes } = await s.json<MachineReport>(['runtimes']);
    assert.equal(docker.usable, HAS_DOCKER);
    const node = runtimes.find(({ runtime }) => runtime === 'nodejs');
    assert.deepEqual([node?.drivers.process.usable, node?.drivers.docker.usable], [true, HAS_DOCKER]);
    const nowhere = { DOCKER_HOST: `unix://${s.root}/no.sock` };
    const without = await s.json<MachineReport>(['runtimes'], { env: nowhere });
    assert.deepEqual([without.docker.usable, without.docker.engine], [false, null]);
    assert.match((await s.ok(['runtimes'], { env: nowhere })).stdout, /^docker: +no: no Docker engine was found/m);
  });

  test("finds a program that was installed meanwhile, and which version will run AWS's", async () => {
    const folder = join(s.root, 'with-python');
    mkdirSync(folder);
    writeFileSync(join(folder, 'python3'), '#!/bin/sh\necho "$0"\necho 3.9.18\n', { mode: 0o755 });
    const PATH = `${bare}:${folder}`;
    const python = (await listed(PATH)).get('python3');
    assert.deepEqual([python?.usable, python?.version, python?.missing], [true, '3.9.18', []]);
    assert.equal((await s.json<RuntimeReport>(['runtimes', 'python3.9'], { env: { PATH } })).notice, null);
    const other = await s.ok(['runtimes', 'python3.13'], { env: { PATH } });
    assert.match(other.stdout, /^version: +3\.9\.18$/m);
    assert.match(other.stderr, /python3\.13 is configured, but Python 3\.9\.18 runs it/);
  });

  test('fails for a runtime that nothing here runs, and names the package', async () => {
    const error = await s.refused(['runtimes', 'python3.13'], 'LAM_DRIVER_RUNTIME_MISSING', 7, { env: { PATH: bare } });
    assert.match(error.hint ?? '', /apt-get install python3\b/);
  });

  test('suggests the nearest of lam and AWS for an identifier that it does not know', async () => {
    const error = await s.refused(['runtimes', 'nodejs22x'], 'LAM_REGISTRY_UNKNOWN_RUNTIME', 2);
    assert.match(error.hint ?? '', /^did you mean 'nodejs22\.x'\?/);
    assert.match((await s.refused(['runtimes', 'pyton3.13'], error.code, 2)).hint ?? '', /'python3\.13'/);
  });

  test('starts no daemon', async () => {
    await s.ok(['runtimes']);
    await s.refused(['status', '--no-start'], 'LAM_CLIENT_DAEMON_NOT_RUNNING', 3);
  });
});

test('a container image is refused before it is built where the daemon runs processes', async () => {
  await using s = await lamSession({ driver: 'process' });
  const cwd = s.files('boxed', {
    'lam.yaml': 'name: boxed\nruntime: image\nbuild:\n  dockerfile: Dockerfile\n',
    Dockerfile: 'FROM scratch\n',
  });
  // Any use of the engine would fail, and say so.
  const env = { DOCKER_HOST: 'unix:///no/such/socket' };
  const { hint } = await s.refused(['deploy'], 'LAM_DRIVER_NEEDS_DOCKER', 7, { cwd, env });
  assert.equal(hint, 'use Docker: lam restart --driver docker');
});
