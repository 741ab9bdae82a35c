import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { probeDocker } from '../../src/driver/docker/index.ts';
import type { SandboxDriver } from '../../src/driver/sandbox.ts';
import { bareImage, DockerRig, INIT, specOf } from './docker-rig.ts';
import { DriverRig, errorOf } from './driver-rig.ts';

const probe = await probeDocker();
const socketPath = probe.ok ? probe.socketPath : '';

/** A 64-bit program of nothing but its head, for a machine by its number in ELF, with this loader. */
function program(machine: number, loader: string): Buffer {
  const head = Buffer.alloc(64 + 56);
  head.write('\x7fELF', 'latin1');
  head.set([2, 1, 1], 4);
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(machine, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(64n, 32);
  for (const [at, value] of [
    [52, 64],
    [54, 56],
    [56, 1],
  ] as const)
    head.writeUInt16LE(value, at);
  head.writeUInt32LE(3, 64);
  head.writeBigUInt64LE(120n, 72);
  head.writeBigUInt64LE(BigInt(loader.length + 1), 96);
  return Buffer.concat([head, Buffer.from(`${loader}\0`)]);
}

const MACHINES = { x64: 62, arm64: 183 } as const;
const own = process.arch === 'arm64' ? 'arm64' : 'x64';
const other = own === 'x64' ? 'arm64' : 'x64';
const LOADER = '/lib/ld-of-nowhere.so.1';

const CASES: readonly (readonly [what: string, bootstrap: string | Buffer, says: RegExp])[] = [
  [
    'the interpreter of a script',
    '#! /opt/nowhere/bash -e\n',
    /names the interpreter \/opt\/nowhere\/bash, which this machine does not have/,
  ],
  [
    'the dynamic loader of a program',
    program(MACHINES[own], LOADER),
    /needs the dynamic loader \/lib\/ld-of-nowhere\.so\.1,/,
  ],
  [
    'the machine of a program',
    program(MACHINES[other], ''),
    new RegExp(`built for ${other}, and this machine is ${own}`),
  ],
  ['a first line that ends with CR LF', '#!/bin/sh\r\n', /CR LF/],
];

/** The message of the failed init of this bootstrap. */
async function refusalOf(driver: SandboxDriver, code: string, image: string | null = null): Promise<string> {
  const sandbox = await driver.create(specOf('provided', code, { image }), {
    onLog: () => undefined,
    onProtocolError: assert.fail,
  });
  try {
    const error = errorOf(await sandbox.session.init(INIT, 10_000));
    assert.equal(error['errorType'], 'Runtime.InvalidEntrypoint');
    return String(error['errorMessage']);
  } finally {
    await sandbox.destroy();
  }
}

describe('the init error of a bootstrap that cannot be started here names', () => {
  for (const [what, bootstrap, says] of CASES) {
    test(`${what} (process)`, { skip: process.platform !== 'linux' }, async () => {
      await using rig = await DriverRig.make({ name: 'process' });
      const code = await mkdtemp(join(tmpdir(), 'lam-entry-'));
      await writeFile(join(code, 'bootstrap'), bootstrap, { mode: 0o755 });
      assert.match(await refusalOf(rig.driver, code), says);
      await rm(code, { recursive: true });
    });

    test(`${what} (docker, host base)`, { skip: !probe.ok }, async () => {
      await using rig = await DockerRig.make();
      const code = await rig.code({});
      await writeFile(join(code, 'bootstrap'), bootstrap, { mode: 0o755 });
      assert.match(await refusalOf(await rig.driver(socketPath), code), says);
    });
  }

  test('the interpreter that an image does not have', { skip: !probe.ok }, async () => {
    await using rig = await DockerRig.make();
    await using image = await bareImage(socketPath);
    const driver = await rig.driver(socketPath);
    const said = await refusalOf(driver, await rig.code({ bootstrap: '#!/bin/bash\necho started\n' }), image.tag);
    assert.match(said, /names the interpreter \/bin\/bash, which the image '[^']+' does not have/);
    await driver.close();
  });
});
