import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { StateJournal } from '../../../../src/store/states/state-journal.ts';

describe('the journal of what triggers keep', () => {
  let folder = '';
  let path = '';
  const troubles: string[] = [];
  const open = (): Promise<StateJournal> => StateJournal.open(path, (what) => troubles.push(what));
  const content = (journal: StateJournal): unknown =>
    Object.fromEntries(journal.keys().map((key) => [key, journal.get(key)]));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lam-journal-'));
    path = join(folder, 'triggers.jsonl');
    troubles.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('has a value at once, and keeps it when the change has resolved', async () => {
    const journal = await open();
    const stored = Promise.all([journal.set('a', { n: 1 }), journal.set('b', [2]), journal.set('a', { n: 3 })]);
    assert.deepEqual(content(journal), { a: { n: 3 }, b: [2] });
    await stored;
    await journal.set('b', undefined);
    await journal.set('c', 'text');
    assert.deepEqual(content(await open()), { a: { n: 3 }, c: 'text' });
    assert.deepEqual([troubles, await readdir(folder)], [[], ['triggers.jsonl']]);
  });

  test('loses only what was being written when the daemon was killed', async () => {
    const journal = await open();
    await journal.set('a', 1);
    await journal.set('b', 2);
    await truncate(path, (await stat(path)).size - 3);
    const again = await open();
    assert.deepEqual([content(again), troubles], [{ a: 1 }, []]);
    await again.set('c', 3);
    assert.deepEqual(content(await open()), { a: 1, c: 3 });
  });

  test('keeps a copy of a damaged file, says so, and goes on with what can be read', async () => {
    const journal = await open();
    await journal.set('a', 1);
    await appendFile(path, '\0\0\0garbage\n');
    await appendFile(path, '{"key":"b","value":2}\n');
    const again = await open();
    assert.deepEqual(content(again), { a: 1, b: 2 });
    assert.match(troubles[0] ?? '', /^1 lines of '.*triggers\.jsonl' cannot be read .* a copy is at '.*corrupt-/);
    await again.set('a', 2);
    assert.deepEqual([content(await open()), troubles.length], [{ a: 2, b: 2 }, 1]);
  });

  test('refuses a file of a newer lam and leaves it as it is', async () => {
    await writeFile(path, '{"schema":2}\n{"key":"a","value":1}\n');
    await assert.rejects(open(), { code: 'LAM_STORE_NEWER' });
    assert.equal(await readFile(path, 'utf8'), '{"schema":2}\n{"key":"a","value":1}\n');
  });

  test('does not grow with the number of changes', async () => {
    const journal = await open();
    const large = 'x'.repeat(400_000);
    for (let n = 0; n < 6; n++) await journal.set('a', `${n}${large}`);
    assert.ok((await stat(path)).size < 2_000_000);
    assert.deepEqual(content(await open()), { a: `5${large}` });
  });

  test('rejects a change that cannot be stored, and stores it with the next one that can', async () => {
    const journal = await open();
    await journal.set('a', 1);
    await rm(folder, { recursive: true });
    await assert.rejects(journal.set('b', 2));
    assert.equal(journal.get('b'), 2);
    folder = await mkdtemp(join(tmpdir(), 'lam-journal-'));
    await mkdir(join(path, '..'), { recursive: true });
    await journal.set('c', 3);
    assert.deepEqual(content(await open()), { a: 1, b: 2, c: 3 });
    await rm(join(path, '..'), { recursive: true });
  });
});
