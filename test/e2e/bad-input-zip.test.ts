import assert from 'node:assert/strict';
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LIMITS } from '../../src/contract/index.ts';
import { entryOf, linkOf, rawZip, zeros, type RawEntry } from './raw-zip.ts';
import { lamSession, type LamSession } from './session.ts';
import { untouched } from './untouched.ts';

let s: LamSession;
const INDEX = entryOf('index.js', 'exports.handler = async () => "zipped";');
const GOOD = rawZip([INDEX]);

before(async () => {
  s = await lamSession();
  await s.ok(['start']);
});
after(() => s.dispose());

/** Deploys a zip that must be refused, and asserts that nothing of it stays, inside or beside the home. */
async function refusedZip(zip: Buffer, code: string, exit: number): Promise<string> {
  const file = join(s.files('zips', { 'function.zip': zip }), 'function.zip');
  const { message } = await untouched(s, () => s.refused(['deploy', 'zipped', '--zip', file], code, exit));
  return message;
}

describe('a zip that must not be unpacked', () => {
  test('that is truncated anywhere is reported as damaged', async () => {
    assert.match(
      await refusedZip(GOOD.subarray(0, GOOD.length - 30), 'LAM_STORE_ZIP_TRUNCATED', 8),
      /cut off or damaged/,
    );
    assert.match(await refusedZip(GOOD.subarray(0, 40), 'LAM_STORE_ZIP_TRUNCATED', 8), /cut off or damaged/);
  });
  test('with damaged content is reported with the entry', async () => {
    const broken: RawEntry = { ...INDEX, crc: INDEX.crc ^ 1 };
    assert.match(await refusedZip(rawZip([broken]), 'LAM_STORE_ZIP_CORRUPT', 8), /'index\.js'/);
  });
  test('that is not a zip is reported', async () => {
    await refusedZip(Buffer.from('#!/bin/sh\necho not a zip\n'), 'LAM_STORE_ZIP_NOT_A_ZIP', 8);
  });
  test('without files is reported as empty', async () => {
    await refusedZip(rawZip([]), 'LAM_STORE_ZIP_EMPTY', 8);
    await refusedZip(Buffer.alloc(0), 'LAM_STORE_ZIP_EMPTY', 8);
  });
  for (const name of [
    '../escaped.js',
    'a/../../escaped.js',
    '/etc/lam-escaped',
    'a\\..\\..\\b.js',
    'C:\\x.js',
    'a//b.js',
    'a/./b.js',
  ]) {
    test(`with an entry '${name}' it is refused, and the entry named`, async () => {
      const message = await refusedZip(rawZip([INDEX, entryOf(name, 'x')]), 'LAM_STORE_ZIP_UNSAFE_PATH', 8);
      assert.ok(message.includes(`'${name}'`), message);
    });
  }
  for (const [name, target] of [
    ['out', '../../../etc/passwd'],
    ['abs', '/etc/passwd'],
    ['deep/out', '../../x'],
  ] as const) {
    test(`with a link '${name}' to '${target}' it is refused, and both are named`, async () => {
      const message = await refusedZip(rawZip([INDEX, linkOf(name, target)]), 'LAM_STORE_ZIP_UNSAFE_SYMLINK', 8);
      assert.ok(message.includes(`'${name}'`) && message.includes(`'${target}'`), message);
    });
  }
  test('that writes through a link is refused', async () => {
    await refusedZip(rawZip([linkOf('d', '.'), entryOf('d/index.js', 'x')]), 'LAM_STORE_ZIP_CONFLICT', 8);
  });
  test('with the same name twice is refused', async () => {
    assert.match(await refusedZip(rawZip([INDEX, INDEX]), 'LAM_STORE_ZIP_CONFLICT', 8), /'index\.js'/);
  });
  test('that is missing is reported with its name', async () => {
    const { message } = await untouched(s, () =>
      s.refused(['deploy', 'zipped', '--zip', 'no.zip'], 'LAM_CLI_ZIP_UNREADABLE', 2),
    );
    assert.match(message, /no\.zip/);
  });
});

describe('a zip bomb', () => {
  const free = (): number => {
    const { bavail, bsize } = statfsSync(s.home);
    return bavail * bsize;
  };

  /** Refused within seconds, with no more than some megabytes written on the way. */
  async function refusedQuickly(zip: Buffer, code: string, exit: number): Promise<string> {
    assert.ok(zip.length < 32 * 1024 * 1024, 'a bomb is small');
    const before = free();
    let least = before;
    const watch = setInterval(() => (least = Math.min(least, free())), 25);
    const began = performance.now();
    try {
      const message = await refusedZip(zip, code, exit);
      assert.ok(performance.now() - began < 10_000, 'it took long');
      // Other work on the machine writes, too; a gigabyte is not what it writes in a second.
      assert.ok(before - least < 512 * 1024 * 1024, `${before - least} bytes were written on the way`);
      return message;
    } finally {
      clearInterval(watch);
    }
  }

  test('is refused by the sizes in its headers', async () => {
    const message = await refusedQuickly(
      rawZip([INDEX, await zeros('big', 1.1 * LIMITS.unpackedBytes)]),
      'LAM_STORE_ZIP_TOO_LARGE',
      2,
    );
    assert.ok(message.includes(String(LIMITS.unpackedBytes)), message);
  });
  test('of many entries, none too large by itself, is refused', async () => {
    const hundred = await zeros('', 100 * 1024 * 1024);
    const entries = Array.from({ length: 12 }, (_, i) => ({ ...hundred, name: `part-${i}` }));
    await refusedQuickly(rawZip(entries), 'LAM_STORE_ZIP_TOO_LARGE', 2);
  });
  test('with false sizes is refused while it is unpacked', async () => {
    const big = await zeros('big', 1.1 * LIMITS.unpackedBytes);
    assert.match(await refusedQuickly(rawZip([INDEX, { ...big, size: 1000 }]), 'LAM_STORE_ZIP_CORRUPT', 8), /'big'/);
  });
  test('whose entries all share the same data is refused before anything is unpacked', async () => {
    const megabyte = await zeros('', 1024 * 1024);
    const entries = Array.from({ length: 200 }, (_, i) => ({ ...megabyte, name: `part-${i}`, sharesData: i > 0 }));
    const message = await refusedQuickly(rawZip([INDEX, ...entries]), 'LAM_STORE_ZIP_OVERLAP', 8);
    assert.ok(message.includes("'part-0' and 'part-1'"), message);
  });
  test('does not keep the daemon from accepting a valid zip', async () => {
    const file = join(s.files('zips', { 'function.zip': GOOD }), 'function.zip');
    await s.ok(['deploy', 'zipped', '--zip', file]);
    assert.equal((await s.ok(['invoke', 'zipped'])).stdout, '"zipped"');
  });
});
