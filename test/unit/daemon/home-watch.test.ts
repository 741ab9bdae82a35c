import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { watchHome } from '../../../src/daemon/home-watch.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

describe('the watch of a home', () => {
  let place = '';
  let paths = { home: '', lock: '' };
  let clock = new VirtualClock();
  let said: string[] = [];

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'lam-home-watch-'));
    const home = join(place, 'h');
    paths = { home, lock: join(home, 'lock') };
    mkdirSync(home);
    writeFileSync(paths.lock, '');
    clock = new VirtualClock();
    said = [];
    watchHome(paths, clock, (reason) => said.push(reason.message));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  test('names a removal that it sees half-way', async () => {
    rmSync(paths.lock);
    await clock.advance(1000);
    assert.deepEqual(said, []);
    rmSync(paths.home, { recursive: true });
    await clock.advance(10_000);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /was removed or moved/);
  });

  test('goes on when the home is back', async () => {
    renameSync(paths.home, join(place, 'moved'));
    await clock.advance(1000);
    renameSync(join(place, 'moved'), paths.home);
    await clock.advance(10_000);
    assert.deepEqual(said, []);
    rmSync(paths.lock);
    await clock.advance(10_000);
    assert.match(said[0] ?? '', /was emptied/);
  });
});
