import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { KeyUsage } from '../../../../src/contract/index.ts';
import { isLamError } from '../../../../src/errors/index.ts';
import { KeyUsageFile } from '../../../../src/store/keys/key-usage-file.ts';

function usage(used: number, previous: KeyUsage['previous'] = null): KeyUsage {
  return { day: 20_000, used, previous };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('the requests of API keys', () => {
  let folder = '';
  let path = '';
  let troubles: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lam-usage-'));
    path = join(folder, 'key-usage.jsonl');
    troubles = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (...ids: string[]): Promise<KeyUsageFile> =>
    KeyUsageFile.open(path, new Set(ids), (what) => void troubles.push(what));

  test('are kept over restarts, each key by itself', async () => {
    const file = await open('a', 'b');
    assert.equal(file.get('a'), undefined);
    file.set('a', usage(1));
    file.set('b', usage(2));
    file.set('a', usage(3, { day: 19_999, used: 1_000_000_000 }));
    assert.equal(file.get('a')?.used, 3, 'at once');
    await file.close();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const again = await open('a', 'b');
    assert.deepEqual(again.get('a'), usage(3, { day: 19_999, used: 1_000_000_000 }));
    assert.deepEqual(again.get('b'), usage(2));
    await again.close();
    assert.deepEqual(troubles, []);
  });

  test('are in the file by the end of the turn in which they were counted', async () => {
    const file = await open('a');
    for (let n = 1; n <= 64; n++) file.set('a', usage(n));
    await turn();
    assert.equal((await open('a')).get('a')?.used, 64);
    file.set('a', usage(65));
    await turn();
    assert.equal((await open('a')).get('a')?.used, 65);
    await file.close();
  });

  test('survive a process that is killed in the turn after', async () => {
    const code = `
      import { KeyUsageFile } from ${JSON.stringify(new URL('../../../../src/store/keys/key-usage-file.ts', import.meta.url).href)};
      const file = await KeyUsageFile.open(${JSON.stringify(path)}, new Set(['a']), () => undefined);
      for (let n = 1; n <= 100; n++) {
        file.set('a', { day: 20000, used: n, previous: null });
        await new Promise((resolve) => setImmediate(resolve));
      }
      process.kill(process.pid, 'SIGKILL');`;
    const died = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
    await assert.rejects(died, (error) => (error as { signal?: string }).signal === 'SIGKILL');
    assert.equal((await open('a')).get('a')?.used, 100);
  });

  test('are forgotten with their key, whose place another one takes', async () => {
    const file = await open('a', 'b', 'c');
    for (const id of ['a', 'b']) file.set(id, usage(1));
    await turn();
    const { size } = statSync(path);
    file.delete('a');
    await turn();
    file.set('c', usage(9));
    await file.close();
    assert.equal(statSync(path).size, size);
    assert.doesNotMatch(readFileSync(path, 'utf8'), /"a"/);
    const again = await open('b', 'c');
    assert.deepEqual([again.get('a'), again.get('b')?.used, again.get('c')?.used], [undefined, 1, 9]);
    await again.close();
    // A key that was revoked while its count could not be written.
    const later = await open('c', 'd');
    assert.equal(later.get('b'), undefined);
    later.set('d', usage(4));
    await later.close();
    assert.equal(statSync(path).size, size);
    const last = await open('c', 'd');
    assert.deepEqual([last.get('c')?.used, last.get('d')?.used], [9, 4]);
    await last.close();
  });

  test('of a damaged file are kept as far as they can be read, and a copy of it', async () => {
    const file = await open('a', 'b');
    file.set('a', usage(1));
    file.set('b', usage(2));
    await file.close();
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"used":1,', '"used":?,'));
    const again = await open('a', 'b');
    assert.deepEqual([again.get('a'), again.get('b')?.used], [undefined, 2]);
    assert.match(troubles.join(), /1 records .* quotas .* begin anew .* a copy is at/);
    assert.equal(readdirSync(folder).length, 2);
    again.set('a', usage(5));
    await again.close();
    troubles = [];
    const last = await open('a', 'b');
    assert.deepEqual([last.get('a')?.used, last.get('b')?.used, troubles], [5, 2, []]);
    await last.close();
  });

  test('of a file whose head is lost begin anew', async () => {
    writeFileSync(path, 'x'.repeat(500));
    const file = await open('a');
    assert.equal(troubles.length, 1);
    file.set('a', usage(5));
    await file.close();
    const again = await open('a');
    assert.deepEqual([again.get('a')?.used, troubles.length], [5, 1]);
    await again.close();
  });

  test('of which the last record was not flushed before a power cut are those before it', async () => {
    const file = await open('a');
    file.set('a', usage(1));
    await file.close();
    truncateSync(path, statSync(path).size + 128);
    const again = await open('a');
    assert.deepEqual([again.get('a')?.used, troubles], [1, []]);
    await again.close();
  });

  test('go on in memory where the file cannot be written, which is reported once, and are made up for', async () => {
    const file = await open('a');
    mkdirSync(path);
    file.set('a', usage(1));
    await turn();
    file.set('a', usage(2));
    await turn();
    assert.equal(troubles.length, 1);
    assert.match(troubles.join(), /counted in memory alone/);
    assert.equal(file.get('a')?.used, 2);
    rmSync(path, { recursive: true });
    file.set('a', usage(3));
    await file.close();
    assert.equal((await open('a')).get('a')?.used, 3);
  });

  test('in a file of a newer lam are not touched', async () => {
    writeFileSync(path, '{"schema":2}\n');
    await assert.rejects(open('a'), (error) => isLamError(error) && error.code === 'LAM_STORE_NEWER');
  });
});
