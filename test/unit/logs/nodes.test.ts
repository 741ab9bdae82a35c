import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LogRecord } from '../../../src/contract/index.ts';
import { NODE, logHouse, recordsOf } from '../../support/log-house.ts';
import { nodeId, asSandboxId, asRequestId, asFunctionName, asVersion } from '../../support/ids.ts';

const SOURCE = { version: asVersion(3), sandbox: asSandboxId('0123abcd') };
const OTHER = nodeId('ba9876543210');
/** Written by a lam whose records had no node; must not be regenerated. */
const OLD_FILE = fileURLToPath(new URL('../../fixtures/logs/schema-1.db', import.meta.url));
const AT = Date.UTC(2026, 10, 28);

describe('the node of a log record', () => {
  test('is on printed and on platform records, stored or followed', async () => {
    await using house = await logHouse({ node: OTHER });
    const followed: LogRecord[] = [];
    const end = house.logs.follow(asFunctionName('f'), {}, (record) => void followed.push(record));
    house.logs.appendPlatform(asFunctionName('f'), SOURCE, { type: 'start' }, asRequestId('id'), 1);
    house.logs.append(asFunctionName('f'), SOURCE, 'stdout', 'text', asRequestId('id'), 2);
    end();
    const kept = await recordsOf(house.logs, 'f');
    assert.deepEqual(
      kept.map(({ stream, node }) => [stream, node]),
      [
        ['platform', OTHER],
        ['stdout', OTHER],
      ],
    );
    assert.deepEqual(followed, kept);
    assert.deepEqual(await recordsOf(house.logs, 'f', { lines: 5 }), kept);
  });

  test('is stored as a number in each row', async () => {
    await using house = await logHouse();
    house.logs.append(asFunctionName('f'), SOURCE, 'stdout', 'text', '', 1);
    await house.logs.close();
    const db = new DatabaseSync(house.file);
    assert.deepEqual(
      { ...db.prepare('SELECT typeof(node) AS type, node FROM chunks').get() },
      { type: 'integer', node: 1 },
    );
    assert.deepEqual({ ...db.prepare('SELECT * FROM nodes').get() }, { number: 1, id: NODE });
    db.close();
  });

  test('stays on its records when another node writes to the same file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lam-nodes-'));
    try {
      const file = join(folder, 'logs.db');
      for (const [node, text] of [
        [NODE, 'first'],
        [OTHER, 'second'],
        [NODE, 'third'],
      ] as const) {
        await using house = await logHouse({ file, node });
        house.logs.append(asFunctionName('f'), SOURCE, 'stdout', text, '', 1);
      }
      await using house = await logHouse({ file });
      assert.deepEqual(
        (await recordsOf(house.logs, 'f')).map(({ text, node }) => [text, node]),
        [
          ['first', NODE],
          ['second', OTHER],
          ['third', NODE],
        ],
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('allows answers of several nodes to be merged by time', async () => {
    await using here = await logHouse();
    await using there = await logHouse({ node: OTHER });
    for (let time = 0; time < 100; time++)
      (time % 3 === 0 ? here : there).logs.append(asFunctionName('f'), SOURCE, 'stdout', `${time}`, '', time);
    const answers = [await recordsOf(here.logs, 'f', { since: 10 }), await recordsOf(there.logs, 'f', { since: 10 })];
    for (const answer of answers)
      assert.deepEqual(
        answer,
        answer.toSorted((a, b) => a.time - b.time),
      );
    const merged = answers.flat().toSorted((a, b) => a.time - b.time);
    assert.deepEqual(
      merged.map(({ text, node }) => [text, node]),
      Array.from({ length: 90 }, (_, i) => [`${i + 10}`, (i + 10) % 3 === 0 ? NODE : OTHER]),
    );
  });
});

describe('a log database of an earlier lam', () => {
  const opened = async (use: (file: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), 'lam-old-logs-'));
    try {
      await copyFile(OLD_FILE, join(folder, 'logs.db'));
      await use(join(folder, 'logs.db'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  test('is read in full, with the node of the home on its records, and can be written', async () => {
    await opened(async (file) => {
      await using house = await logHouse({ file, node: OTHER });
      house.logs.append(asFunctionName('hello'), SOURCE, 'stdout', 'of now', '', AT + 10);
      const origin = { requestId: '6f1e64c8-0a3f-4a3e-9d4e-0d3c6d1f2a10', ...SOURCE, node: OTHER };
      const records = await recordsOf(house.logs, 'hello');
      assert.deepEqual(records.slice(1, 3), [
        { time: AT + 1, stream: 'stdout', ...origin, text: 'from the time before nodes' },
        { time: AT + 2, stream: 'stderr', ...origin, text: 'grüße 🦆' },
      ]);
      assert.deepEqual(records[0]?.platform, { type: 'start' });
      assert.equal(records[3]?.platform?.type === 'report' && records[3].platform.initMs, 12.25);
      assert.deepEqual([records[4]?.text, records[4]?.node, records.length], ['of now', OTHER, 5]);
      assert.equal((await recordsOf(house.logs, 'other')).length, 1);
      assert.deepEqual(house.troubles, []);
    });
  });

  test('is migrated once', async () => {
    await opened(async (file) => {
      for (let start = 0; start < 2; start++) {
        await using house = await logHouse({ file });
        assert.equal((await recordsOf(house.logs, 'hello')).length, 4);
        assert.deepEqual(house.troubles, []);
      }
      const db = new DatabaseSync(file);
      assert.equal(db.prepare('PRAGMA user_version').get()?.['user_version'], 2);
      assert.equal(db.prepare('SELECT count(*) AS nodes FROM nodes').get()?.['nodes'], 1);
      db.close();
    });
  });
});
