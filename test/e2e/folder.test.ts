import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AsyncPage, Status, TriggerDetail } from '../../src/contract/index.ts';
import { eventually, kill, lamSession } from './session.ts';

const FILES = 320;
const KILLS = 3;

test('kill -9 at any moment loses no file that is put into a watched folder', async () => {
  await using s = await lamSession();
  const inbox = join(s.cwd, 'inbox');
  mkdirSync(join(inbox, 'sub'), { recursive: true });
  writeFileSync(join(inbox, 'before'), '');
  const cwd = s.files('import', {
    'lam.yaml': `name: import\nruntime: nodejs\ntriggers:\n  - {type: folder, path: '${inbox}', recursive: true, stableFor: 0.2}\n`,
    'index.mjs': 'export const handler = ({ Records }) => Records[0].s3.object.key;',
  });
  await s.ok(['deploy'], { cwd });
  await s.ok(['start']);
  const state = async (): Promise<TriggerDetail | undefined> =>
    (await s.json<readonly TriggerDetail[]>(['trigger', 'list', 'import']))[0];
  if (!(await eventually(async () => (await state())?.state === 'running', 60_000))) s.fail('it is not watched');

  const put = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      if (n % 3 > 0) writeFileSync(join(inbox, n % 2 === 0 ? '' : 'sub', `f${n}`), String(n));
      else {
        writeFileSync(join(inbox, `.f${n}`), String(n));
        renameSync(join(inbox, `.f${n}`), join(inbox, `f${n}`));
      }
      await new Promise(setImmediate);
    }
  };
  const share = FILES / (KILLS + 1);
  for (let round = 0; round < KILLS; round++) {
    await put(round * share, round * share + share / 2);
    kill((await s.json<Status>(['status'])).pid, 'SIGKILL');
    // Some come while no daemon runs.
    await put(round * share + share / 2, (round + 1) * share);
    await s.ok(['start']);
  }
  await put(KILLS * share, FILES);

  const keys = async (): Promise<readonly string[]> => {
    const { invocations } = await s.json<AsyncPage>([
      'invocations',
      'import',
      '--state',
      'completed',
      '--lines',
      '1000',
    ]);
    return invocations.map(({ origin }) => (origin.kind === 'trigger' ? origin.id.replace(/@.*/, '') : ''));
  };
  if (!(await eventually(async () => new Set(await keys()).size === FILES, 100_000)))
    s.fail(`${new Set(await keys()).size} of ${FILES} files were reported`);
  assert.ok(!(await keys()).includes('before'));
});
