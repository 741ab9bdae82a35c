import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { LogQuery, LogRecord } from '../../../src/contract/index.ts';
import { systemClock } from '../../../src/kit/index.ts';
import { LogStore } from '../../../src/logs/index.ts';
import { LOG_WORKER, NODE, logHouse, recordsOf } from '../../support/log-house.ts';
import { asSandboxId, asRequestId, asFunctionName, asVersion } from '../../support/ids.ts';

const SOURCE = { version: asVersion(1), sandbox: asSandboxId('aa') };

function texts(records: readonly LogRecord[]): string[] {
  return records.map((r) => r.text);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => String(from + i));
}

describe('a log store', () => {
  test('returns the records of each function in the order of printing', async () => {
    await using house = await logHouse();
    const { logs } = house;
    for (const n of numbers(0, 5000))
      logs.append(asFunctionName('a'), SOURCE, 'stdout', n, asRequestId('r'), 1000 + Number(n));
    logs.append(asFunctionName('b'), SOURCE, 'stderr', 'other', asRequestId('r'), 1);
    assert.deepEqual(texts(await recordsOf(logs, 'a')), numbers(0, 5000));
    assert.deepEqual(texts(await recordsOf(logs, 'b')), ['other']);
    assert.deepEqual(await recordsOf(logs, 'nobody'), []);
  });

  test('filters by time, version, request, text and number of records, alone and combined', async () => {
    await using house = await logHouse();
    const { logs } = house;
    for (const n of numbers(0, 100)) {
      logs.append(
        asFunctionName('f'),
        { version: asVersion(1 + (Number(n) % 2)), sandbox: asSandboxId('s') },
        'stdout',
        `Line ${n}`,
        asRequestId(`r${Number(n) % 10}`),
        Number(n),
      );
      if (Number(n) % 7 === 0) logs.flush();
    }
    const cases: [LogQuery, (n: number) => boolean][] = [
      [{}, () => true],
      [{ since: 50 }, (n) => n >= 50],
      [{ until: 50 }, (n) => n <= 50],
      [{ since: 20, until: 30 }, (n) => n >= 20 && n <= 30],
      [{ version: 2 }, (n) => n % 2 === 1],
      [{ requestId: 'r3' }, (n) => n % 10 === 3],
      [{ requestId: 'r' }, () => true],
      [{ requestId: '3' }, () => false],
      [{ requestId: '' }, () => false],
      [{ search: 'lINE 9' }, (n) => `line ${n}`.includes('line 9')],
      [{ lines: 5 }, (n) => n >= 95],
      [{ lines: 0 }, () => false],
      [{ lines: 2, until: 40, version: 1 }, (n) => n === 38 || n === 40],
      [{ lines: 1000 }, () => true],
    ];
    for (const [query, want] of cases) {
      const expected = numbers(0, 100)
        .filter((n) => want(Number(n)))
        .map((n) => `Line ${n}`);
      assert.deepEqual(texts(await recordsOf(logs, 'f', query)), expected, JSON.stringify(query));
    }
  });

  test('gives stored and then new records exactly once each, while functions print', async () => {
    await using house = await logHouse();
    const { logs } = house;
    for (const n of numbers(0, 3000)) logs.append(asFunctionName('f'), SOURCE, 'stdout', n, '', 1);
    const seen: string[] = [];
    const held: string[] = [];
    let live = false;
    const { promise: all, resolve } = Promise.withResolvers<void>();
    const end = logs.follow(asFunctionName('f'), {}, (record) => {
      (live ? seen : held).push(record.text);
      if (record.text === '5999') resolve();
    });
    const history = logs.query(asFunctionName('f'), {}, async (records) => {
      seen.push(...texts(records));
      // The reader is slow, so that functions print in the meantime.
      await new Promise(setImmediate);
    });
    for (const n of numbers(3000, 4500)) logs.append(asFunctionName('f'), SOURCE, 'stdout', n, '', 1);
    await history;
    seen.push(...held);
    live = true;
    for (const n of numbers(4500, 6000)) logs.append(asFunctionName('f'), SOURCE, 'stdout', n, '', 1);
    await all;
    end();
    logs.append(asFunctionName('f'), SOURCE, 'stdout', 'after the end', '', 1);
    assert.deepEqual(seen, numbers(0, 6000));
  });

  test('gives followers matching records immediately', async () => {
    await using house = await logHouse();
    const { logs } = house;
    const seen: LogRecord[] = [];
    const end = logs.follow(asFunctionName('f'), { version: 1, search: 'yes' }, (record) => void seen.push(record));
    logs.append(asFunctionName('f'), SOURCE, 'stdout', 'yes', asRequestId('id'), 5);
    logs.append(asFunctionName('f'), SOURCE, 'stdout', 'no', asRequestId('id'), 5);
    logs.append(asFunctionName('f'), { ...SOURCE, version: asVersion(2) }, 'stdout', 'yes', asRequestId('id'), 5);
    logs.append(asFunctionName('g'), SOURCE, 'stdout', 'yes', asRequestId('id'), 5);
    end();
    assert.deepEqual(seen, [{ time: 5, stream: 'stdout', requestId: 'id', ...SOURCE, node: NODE, text: 'yes' }]);
  });

  test('tells where records are stored, the same for each query and after a restart', async () => {
    await using house = await logHouse();
    const print = (text: string): void => house.logs.append(asFunctionName('f'), SOURCE, 'stdout', text, '', 5);
    for (const text of ['a', 'b']) print(text);
    house.logs.flush();
    print('c');
    const positions = async (query: LogQuery): Promise<LogRecord['position'][]> =>
      (await recordsOf(house.logs, 'f', { ...query, withPosition: true })).map(({ position }) => position);
    const all = await positions({});
    assert.deepEqual(all, [
      [1, 0],
      [1, 1],
      [2, 0],
    ]);
    assert.deepEqual(await positions({ search: 'b' }), all.slice(1, 2));
    await house.reopen();
    assert.deepEqual(await positions({ lines: 2 }), all.slice(1));
    assert.equal((await recordsOf(house.logs, 'f'))[0]?.position, undefined);
  });

  test('keeps its records across a restart', async () => {
    await using house = await logHouse();
    house.logs.append(asFunctionName('f'), SOURCE, 'stdout', 'before', '', 1);
    await house.reopen();
    house.logs.append(asFunctionName('f'), SOURCE, 'stdout', 'after', '', 2);
    assert.deepEqual(texts(await recordsOf(house.logs, 'f')), ['before', 'after']);
  });

  test('drops the oldest records of a function over its limit, and shrinks the file', async () => {
    await using house = await logHouse({ keepBytes: 100_000 });
    const { logs } = house;
    logs.append(asFunctionName('quiet'), SOURCE, 'stdout', 'still here', '', 1);
    for (const n of numbers(0, 400)) {
      logs.append(asFunctionName('loud'), SOURCE, 'stdout', n.padEnd(4000, '.'), '', 1);
      if (Number(n) % 5 === 4) logs.flush();
    }
    const kept = await recordsOf(logs, 'loud');
    assert.equal(Number.parseInt(kept.at(-1)?.text ?? ''), 399);
    const { sizes, total } = await logs.sizes();
    assert.ok((sizes['loud'] ?? 0) <= 110_000 && (sizes['loud'] ?? 0) > 50_000, `${sizes['loud']} bytes`);
    assert.ok(total > 0);
    assert.deepEqual(texts(await recordsOf(logs, 'quiet')), ['still here']);
    await logs.close();
    const db = new DatabaseSync(house.file);
    assert.equal(Number(db.prepare('PRAGMA auto_vacuum').get()?.['auto_vacuum']), 2);
    assert.ok(Number(db.prepare('PRAGMA page_count').get()?.['page_count']) * 4096 < 400_000, 'the file shrank');
    db.close();
  });

  test('deletes the records of one function only', async () => {
    await using house = await logHouse();
    const { logs } = house;
    logs.append(asFunctionName('a'), SOURCE, 'stdout', 'x', '', 1);
    logs.append(asFunctionName('b'), SOURCE, 'stdout', 'y', '', 1);
    await logs.delete(asFunctionName('a'));
    assert.deepEqual(texts(await recordsOf(logs, 'a')), []);
    assert.deepEqual(texts(await recordsOf(logs, 'b')), ['y']);
    assert.equal((await logs.sizes()).sizes['a'], undefined);
  });

  test('reads the next page when the reader has finished one, and stops when the reader throws', async () => {
    await using house = await logHouse({ keepBytes: 64 * 1024 * 1024 });
    const { logs } = house;
    for (const n of numbers(0, 200)) {
      logs.append(asFunctionName('f'), SOURCE, 'stdout', n, '', 1);
      logs.flush();
    }
    let batches = 0;
    const reading = logs.query(asFunctionName('f'), {}, () => {
      if (++batches === 2) throw new Error('enough');
    });
    await assert.rejects(reading, { message: /enough/ });
    assert.equal(batches, 2);
    assert.equal((await recordsOf(logs, 'f')).length, 200);
  });
});

describe('back-pressure', () => {
  test('begins when printing is faster than writing, and ends when the rest is written', async () => {
    await using house = await logHouse({ keepBytes: 1024 * 1024 });
    const { logs } = house;
    assert.equal(logs.underPressure, false);
    const line = 'x'.repeat(64 * 1024);
    let printed = 0;
    // In one turn, so that the worker cannot answer in between.
    while (!logs.underPressure && printed < 1000) {
      logs.append(asFunctionName('f'), SOURCE, 'stdout', line, '', 1);
      printed++;
    }
    assert.equal(logs.underPressure, true);
    await new Promise<void>((resolve) => logs.whenRelieved(resolve));
    assert.equal(logs.underPressure, false);
    assert.deepEqual(house.troubles, []);
  });
});

describe('a failure of the log store', () => {
  test('by a damaged file: it is renamed and reported, and a new one is created', async () => {
    await using house = await logHouse();
    await house.logs.close();
    await writeFile(house.file, 'this is no database, but it is long enough to be taken for one\n'.repeat(100));
    await house.reopen();
    house.logs.append(asFunctionName('f'), SOURCE, 'stdout', 'new', '', 1);
    assert.deepEqual(texts(await recordsOf(house.logs, 'f')), ['new']);
    assert.equal(house.troubles.length, 1);
    assert.match(house.troubles[0] ?? '', /damaged; it is kept as .*logs\.db\.damaged-\d+ and a new one was begun/);
    assert.ok((await readdir(house.folder)).some((name) => name.startsWith('logs.db.damaged-')));
  });

  test('by a truncated chunk: the records before the cut are returned', async () => {
    await using house = await logHouse();
    for (const text of ['good', 'good too', 'cut'])
      house.logs.append(asFunctionName('f'), SOURCE, 'stdout', text, '', 1);
    await house.logs.close();
    const db = new DatabaseSync(house.file);
    db.prepare('UPDATE chunks SET body = substr(body, 1, length(body) - 1)').run();
    db.close();
    await house.reopen();
    assert.deepEqual(texts(await recordsOf(house.logs, 'f')), ['good', 'good too']);
  });

  test('does not come from a file with chunks in lines of JSON, as the first lam wrote them', async () => {
    await using house = await logHouse();
    house.logs.append(asFunctionName('f'), SOURCE, 'stdout', 'of now', '', 5);
    await house.logs.close();
    const db = new DatabaseSync(house.file);
    db.exec('UPDATE chunks SET id = id + 1');
    const body = '[1,"o","r",1,"aa","of before"]\n[2,"p","r",1,"aa",{"type":"start"}]';
    db.prepare('INSERT INTO chunks (id, function, first_ms, last_ms, bytes, body) VALUES (1, ?, ?, ?, ?, ?)').run(
      'f',
      1,
      2,
      body.length,
      body,
    );
    db.close();
    await house.reopen();
    assert.deepEqual(texts(await recordsOf(house.logs, 'f')), ['of before', 'START RequestId: r Version: 1', 'of now']);
    assert.deepEqual(texts(await recordsOf(house.logs, 'f', { lines: 2, version: 1 })), [
      'START RequestId: r Version: 1',
      'of now',
    ]);
  });

  test('by a missing folder is reported, and followers still get records', async () => {
    const troubles: string[] = [];
    const file = join(import.meta.dirname, 'no-such-folder', 'logs.db');
    const said = Promise.withResolvers<void>();
    const logs = LogStore.open({
      file,
      worker: LOG_WORKER,
      node: NODE,
      clock: systemClock,
      keepBytes: 1000,
      onTrouble: (what) => {
        troubles.push(what);
        said.resolve();
      },
    });
    logs.append(asFunctionName('f'), SOURCE, 'stdout', 'lost', '', 1);
    const query = assert.rejects(recordsOf(logs, 'f'), { code: 'LAM_LOGS_UNAVAILABLE' });
    await said.promise;
    await query;
    const followed: string[] = [];
    const end = logs.follow(asFunctionName('f'), {}, (record) => void followed.push(record.text));
    for (let i = 0; i < 200; i++) logs.append(asFunctionName('f'), SOURCE, 'stdout', 'x'.repeat(64 * 1024), '', 1);
    end();
    assert.equal(followed.length, 200, 'followers still see it');
    assert.equal(logs.underPressure, false, 'nothing gathers for a thread that is no more');
    await logs.delete(asFunctionName('f'));
    assert.deepEqual(await logs.sizes(), { sizes: {}, total: 0 });
    await logs.close();
    assert.equal(troubles.length, 1);
    assert.match(troubles[0] ?? '', /nothing is stored until the next start: unable to open database file/);
  });

  const root = process.getuid?.() === 0 && process.platform === 'linux';
  test(
    'by a full disk is reported once, and logs continue when there is space again',
    { skip: root ? false : 'needs root to mount a small disk' },
    async () => {
      await using house = await logHouse();
      const disk = join(house.folder, 'disk');
      await mkdir(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
      try {
        await using small = await logHouse({ file: join(disk, 'logs.db'), keepBytes: 10_000_000 });
        await recordsOf(small.logs, 'f');
        await assert.rejects(writeFile(join(disk, 'filler'), Buffer.alloc(1024 * 1024)), { code: 'ENOSPC' });
        for (const n of numbers(0, 5)) {
          small.logs.append(asFunctionName('f'), SOURCE, 'stdout', n.padEnd(60_000, 'x'), '', 1);
          small.logs.flush();
        }
        await small.logs.sizes();
        assert.equal(small.troubles.length, 1, small.troubles.join('\n'));
        assert.match(small.troubles[0] ?? '', /logs could not be written and are lost until they can be: .*full/);
        await rm(join(disk, 'filler'));
        small.logs.append(asFunctionName('f'), SOURCE, 'stdout', 'room again', '', 1);
        const kept = texts(await recordsOf(small.logs, 'f'));
        assert.equal(kept.at(-1), 'room again');
        assert.match(small.troubles[1] ?? '', /logs are written again; about \d+ bytes/);
      } finally {
        execFileSync('umount', [disk]);
      }
    },
  );
});

describe('closing', () => {
  test('writes waiting records, is idempotent, and refuses later queries', async () => {
    await using house = await logHouse();
    const { logs } = house;
    logs.append(asFunctionName('f'), SOURCE, 'stdout', 'last words', '', 1);
    await Promise.all([logs.close(), logs.close()]);
    logs.append(asFunctionName('f'), SOURCE, 'stdout', 'too late', '', 1);
    await assert.rejects(recordsOf(logs, 'f'), { code: 'LAM_LOGS_UNAVAILABLE' });
    await house.reopen();
    assert.deepEqual(texts(await recordsOf(house.logs, 'f')), ['last words']);
    assert.deepEqual(house.troubles, []);
  });
});
