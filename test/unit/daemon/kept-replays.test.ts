import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ReplayMemory } from '../../../src/access/index.ts';
import { keptReplays } from '../../../src/daemon/kept-replays.ts';
import { StateJournal } from '../../../src/store/states/state-journal.ts';
import { asFunctionName } from '../../support/ids.ts';

const untold = (what: string): void => assert.fail(what);

test('accepted requests are known after a restart, for their function and settings alone, until they are past', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lam-replays-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'states.jsonl');
  const [f, g] = [asFunctionName('f'), asFunctionName('g')];
  const before = await StateJournal.open(file, untold);
  const replays = keptReplays(before, 0, untold);
  const memory = new ReplayMemory(replays(f, 'settings'));
  assert.ok(memory.admit('short', 1000, 0));
  assert.ok(memory.admit('long', 9000, 0));
  await before.settled();

  const after = await StateJournal.open(file, untold);
  const again = keptReplays(after, 5000, untold);
  const admitted = (name: typeof f, settings: string): boolean[] => {
    const restarted = new ReplayMemory(again(name, settings));
    return ['short', 'long'].map((one) => restarted.admit(one, 9000, 5000));
  };
  assert.equal(after.keys().length, 1, 'what is past takes no room');
  assert.deepEqual(admitted(f, 'settings'), [true, false]);
  assert.deepEqual(admitted(f, 'others'), [true, true]);
  assert.deepEqual(admitted(g, 'settings'), [true, true]);
  await after.settled();
});
