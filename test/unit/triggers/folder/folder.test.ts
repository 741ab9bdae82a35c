import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { chmod, link, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { lamError } from '../../../../src/errors/index.ts';
import { sleep } from '../../../../src/kit/index.ts';
import { FolderHouse, QUICK_CLOCK } from '../../../support/folder-house.ts';

describe('a watched folder', () => {
  test('reports a file with an event of the form of S3', async () => {
    await using house = await FolderHouse.make();
    await house.watch();
    await writeFile(house.path('a b+ü.txt'), 'hello');
    await house.reported(1);
    const [record] = house.records;
    assert.ok(record !== undefined);
    assert.deepEqual([record.eventSource, record.eventName], ['aws:s3', 'ObjectCreated:Put']);
    assert.equal(record.s3.bucket.name, house.root);
    const { key, size, eTag, sequencer } = record.s3.object;
    assert.deepEqual([key, size], ['a+b%2B%C3%BC.txt', 5]);
    assert.match(eTag ?? '', /^[0-9a-f]{32}$/);
    assert.match(sequencer, /^[0-9A-F]{16}$/);
    assert.deepEqual(record.lam, { path: house.path('a b+ü.txt') });
  });

  test('reports a changed file again, with a later sequencer, and not one whose mode changed', async () => {
    await using house = await FolderHouse.make();
    await house.watch();
    await writeFile(house.path('a'), '1');
    await house.reported(1);
    await chmod(house.path('a'), 0o600);
    await writeFile(house.path('b'), '1');
    await house.reported(2);
    await writeFile(house.path('a'), '22');
    assert.deepEqual(await house.reported(3), ['a', 'a', 'b']);
    const [first, , last] = house.records;
    assert.ok((last?.s3.object.sequencer ?? '') > (first?.s3.object.sequencer ?? ''));
    assert.notEqual(last?.s3.object.eTag, first?.s3.object.eTag);
  });

  test('waits until a file that is being written rests, and reports it once', async () => {
    await using house = await FolderHouse.make();
    await house.watch({ stableFor: 2 });
    await writeFile(house.path('growing'), '');
    let size = 0;
    for (let n = 0; n < 20; n++) {
      appendFileSync(house.path('growing'), 'x');
      size++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(await house.reported(1), ['growing']);
    assert.equal(house.records[0]?.s3.object.size, size);
  });

  test('reports a file that is moved into it without waiting', async () => {
    await using house = await FolderHouse.make();
    await house.watch({ stableFor: 3600 });
    await writeFile(house.path('.temporary'), 'done');
    await utimes(house.path('.temporary'), 1, 1);
    await rename(house.path('.temporary'), house.path('final'));
    await house.reaches(() => house.records.length > 0);
    assert.deepEqual(house.take(), ['final']);
  });

  test('reports only files that its settings name', async () => {
    await using house = await FolderHouse.make();
    await mkdir(house.path('orders/.private'), { recursive: true });
    await mkdir(house.path('other'));
    await house.watch({ prefix: 'orders/', suffix: ['.csv', '.json'], recursive: true });
    for (const key of [
      'orders/1.txt',
      'orders/.2.csv',
      'orders/.private/3.csv',
      'other/4.csv',
      '5.csv',
      'orders/6.csv',
    ])
      await writeFile(house.path(key), key);
    await mkdir(house.path('orders/new/deep'), { recursive: true });
    await writeFile(house.path('orders/new/deep/7.json'), '{}');
    assert.deepEqual(await house.reported(2), ['orders/6.csv', 'orders/new/deep/7.json']);
    await house.stop();
    await using next = house.next();
    await next.watch({ hidden: true, recursive: true, existing: true });
    assert.ok((await next.reported(7)).includes('orders/.private/3.csv'), 'now that hidden files count');
  });

  test('reports removed files, and of a moved one both, if asked to', async () => {
    await using house = await FolderHouse.make();
    await house.watch({ events: ['created', 'removed'], recursive: true });
    await mkdir(house.path('sub'));
    await writeFile(house.path('sub/a'), '1');
    await writeFile(house.path('b'), '1');
    await house.reported(2);
    house.take();
    await rename(house.path('sub'), house.path('moved'));
    await rename(house.path('b'), house.path('c'));
    assert.deepEqual(await house.reported(4), ['-b', '-sub/a', 'c', 'moved/a']);
    house.take();
    await rm(house.path('moved'), { recursive: true });
    await house.reported(1);
    assert.deepEqual(
      house.records.map(({ s3: { object } }) => Object.keys(object)),
      [['key', 'sequencer']],
    );
    // Away and back again: another event, though it is the same version as before.
    await rename(house.path('c'), join(house.root, '.c'));
    await house.reported(2);
    await rename(house.path('.c'), house.path('c'));
    assert.deepEqual(await house.reported(3), ['-c', '-moved/a', 'c']);
  });

  test('takes what is there at the first start as known, or reports it, by setting', async () => {
    await using house = await FolderHouse.make();
    await writeFile(house.path('old'), '1');
    // Times of files are some milliseconds behind the clock.
    await sleep(50);
    await house.watch();
    await writeFile(house.path('new'), '1');
    assert.deepEqual(await house.reported(1), ['new']);
    await writeFile(house.path('old'), '22');
    assert.deepEqual(await house.reported(2), ['new', 'old']);
    await using other = await FolderHouse.make();
    await writeFile(other.path('old'), '1');
    await other.watch({ existing: true });
    assert.deepEqual(await other.reported(1), ['old']);
  });

  test('reports a file that comes between the deploy and the first look', async () => {
    await using house = await FolderHouse.make();
    const watching = house.watch();
    writeFileSync(house.path('soon'), '1');
    await watching;
    assert.deepEqual(await house.reported(1), ['soon']);
  });

  test('reports what changed while the daemon was down, and nothing twice', async () => {
    await using house = await FolderHouse.make();
    const settings = { events: ['created', 'removed'], recursive: true };
    await house.watch(settings);
    await mkdir(house.path('sub'));
    for (const key of ['same', 'changed', 'removed', 'sub/removed']) await writeFile(house.path(key), '1');
    await house.reported(4);
    house.take();
    await house.stop();
    await writeFile(house.path('changed'), '22');
    await rm(house.path('removed'));
    await rm(house.path('sub'), { recursive: true });
    await writeFile(house.path('added'), '1');
    await using next = house.next();
    await next.watch(settings);
    assert.deepEqual(await next.reported(4), ['-removed', '-sub/removed', 'added', 'changed']);
    assert.equal(next.repeated, 0);
  });

  test('queues a file again under the same id if it was killed before it kept that', async () => {
    await using house = await FolderHouse.make();
    await house.watch();
    const before = new Map(house.states.values);
    await writeFile(house.path('a'), '1');
    await house.reported(1);
    await house.stop();
    house.states.values.clear();
    for (const [key, value] of before) house.states.values.set(key, value);
    await using next = house.next();
    await next.watch();
    await next.reaches(({ lag }) => next.repeated === 1 && lag === 0);
    assert.deepEqual(next.take(), ['a']);
  });

  test('tries again while events cannot be queued, and shows why', async () => {
    await using house = await FolderHouse.make();
    await house.watch();
    house.failure = new Error('the disk is full');
    await writeFile(house.path('a'), '1');
    const { cause } = await house.reaches(({ state }) => state === 'retrying');
    assert.equal(cause, 'the disk is full');
    house.failure = undefined;
    assert.deepEqual(await house.reported(1), ['a']);
  });

  test('is tried again while it does not exist, and when it was removed or replaced', async () => {
    await using house = await FolderHouse.make(QUICK_CLOCK);
    const path = house.path('inbox');
    const { state, cause } = await house.watch({ path, existing: true });
    assert.deepEqual([state, cause], ['retrying', `the folder '${path}' cannot be watched: it does not exist`]);
    await mkdir(path);
    await house.reaches(({ state: now }) => now === 'running');
    await rm(path, { recursive: true });
    await house.reaches(({ cause: now }) => now?.includes('it does not exist') === true);
    await writeFile(path, 'a file');
    await house.reaches(({ cause: now }) => now?.includes('it is not a folder') === true);
    await rm(path);
    await mkdir(path);
    await writeFile(join(path, 'a'), '1');
    assert.deepEqual(await house.reported(1), ['a']);
    const other = house.path('other');
    await mkdir(other);
    await writeFile(join(other, 'b'), '1');
    await rename(path, house.path('former'));
    await rename(other, path);
    const replaced = await house.reaches(({ state: now }) => now === 'retrying');
    assert.match(replaced.cause ?? '', /it was replaced by another one|it does not exist/);
    assert.deepEqual(await house.reported(2), ['a', 'b']);
  });

  test('does not take an empty mount point for a folder whose files were removed', async () => {
    await using house = await FolderHouse.make();
    await house.watch({ events: ['removed'] });
    await writeFile(house.path('a'), '1');
    await house.reaches(({ lag }) => lag === 0 && house.states.keys().some((key) => key.includes('"a"')));
    await house.stop();
    const key = 'state ["f","folder","inbox"]';
    await house.states.set(key, { ...(house.states.get(key) as object), device: 'another' });
    await rm(house.path('a'));
    await using next = house.next();
    const { state, cause } = await next.watch({ events: ['removed'] });
    assert.equal(state, 'retrying');
    assert.match(cause ?? '', /it is empty and on another file system than before, as if nothing was mounted there$/);
    await writeFile(house.path('b'), '1');
    assert.deepEqual(await next.reported(1), ['-a']);
  });

  test('follows no symbolic link', async (t) => {
    await using house = await FolderHouse.make();
    const outside = await mkdtemp(join(tmpdir(), 'lam-outside-'));
    t.after(() => rm(outside, { recursive: true }));
    await writeFile(join(outside, 'secret'), '1');
    await house.watch({ recursive: true, content: true });
    await symlink(join(outside, 'secret'), house.path('link'));
    await symlink(outside, house.path('folder'));
    await writeFile(house.path('own'), 'own');
    await house.reported(1);
    await house.stop();
    await using next = house.next();
    await next.watch({ recursive: true, content: true, existing: true });
    await writeFile(house.path('last'), '1');
    assert.deepEqual(await next.reported(2), ['last', 'own']);
    assert.equal(Buffer.from(next.records[0]?.lam.content ?? '', 'base64').toString(), 'own');
  });

  test("leaves lam's own folder alone", async () => {
    await using house = await FolderHouse.make();
    await mkdir(house.path('home/queue'), { recursive: true });
    const { cause } = await house.watch({ path: house.path('home/queue') });
    const details = { name: 'f', path: house.path('home/queue'), what: "it is lam's own" };
    assert.equal(cause, lamError('LAM_TRIGGERS_FOLDER_UNUSABLE', details).message);
    await house.watch({ recursive: true });
    await house.reaches(({ state }) => state === 'running');
    await writeFile(house.path('home/queue/a'), '1');
    await writeFile(house.path('home/b'), '1');
    await writeFile(house.path('c'), '1');
    assert.deepEqual(await house.reported(1), ['c']);
  });

  test('leaves out the content of large files', async () => {
    await using house = await FolderHouse.make();
    await house.watch({ content: true });
    await writeFile(house.path('large'), Buffer.alloc(4 * 1024 * 1024 + 1));
    await writeFile(house.path('fits'), Buffer.alloc(4 * 1024 * 1024));
    await house.reported(2);
    const held = new Map(house.records.map(({ s3, lam }) => [s3.object.key, lam]));
    assert.equal(held.get('large')?.contentOmitted, 'too-large');
    assert.equal(Buffer.from(held.get('fits')?.content ?? '', 'base64').length, 4 * 1024 * 1024);
  });

  test('finds changes that are not announced', async () => {
    await using house = await FolderHouse.make(QUICK_CLOCK);
    await using other = await FolderHouse.make();
    await writeFile(other.path('a'), '1');
    await house.watch({ pollInterval: 20 });
    await link(other.path('a'), house.path('a'));
    await house.reported(1);
    // Changes through another name of the file are announced only in the other folder.
    await writeFile(other.path('a'), '22');
    assert.deepEqual(await house.reported(2), ['a', 'a']);
  });

  test('tells a file from another one with the same size and times', async () => {
    await using house = await FolderHouse.make();
    await house.watch();
    for (const content of ['1', '2']) {
      await writeFile(house.path('.next'), content);
      await utimes(house.path('.next'), 5, 5);
      await rename(house.path('.next'), house.path('a'));
      await house.reported(Number(content));
    }
    assert.deepEqual(house.take(), ['a', 'a']);
  });

  test('reports each of ten thousand files that come at once', async () => {
    await using house = await FolderHouse.make();
    await house.watch({ recursive: true });
    const keys: string[] = [];
    for (let n = 0; n < 100; n++) {
      await mkdir(house.path(`d${n}`));
      for (let m = 0; m < 100; m++) keys.push(`d${n}/f${m}`);
    }
    await Promise.all(keys.map((key) => writeFile(house.path(key), key)));
    await house.reported(keys.length);
    assert.deepEqual(new Set(house.take()), new Set(keys));
    assert.equal(house.repeated, 0);
  });
});
