import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { newDraft, reclaimDrafts } from '../../../src/build/drafts.ts';
import { temporaryFolder } from './fixture.ts';

const MODULE = new URL('../../../src/build/drafts.ts', import.meta.url).href;

/** A process that has made a draft with a file in it and still runs. */
async function another(workspace: string) {
  const script = `
    const { newDraft } = await import(${JSON.stringify(MODULE)});
    const draft = await newDraft(${JSON.stringify(workspace)});
    await (await import('node:fs/promises')).writeFile(draft + '/file', 'x');
    console.log(draft);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const kill = async (): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  return { draft: String(line).trim(), kill };
}

test('drafts of a killed process are removed, those of running ones and other folders are not', async (t) => {
  const workspace = await temporaryFolder(t);
  const inContainer = join(workspace, 'container', 'abc');
  const [killed, alike, living] = await Promise.all([another(workspace), another(inContainer), another(workspace)]);
  t.after(() => living.kill());
  const mine = await newDraft(workspace);
  await mkdir(join(workspace, 'npm'));
  await reclaimDrafts(workspace);
  for (const { draft } of [killed, alike, living]) assert.ok(existsSync(join(draft, 'file')), 'its process runs');
  await Promise.all([killed.kill(), alike.kill()]);
  // Two deploys may begin at the same time.
  await Promise.all([reclaimDrafts(workspace), reclaimDrafts(workspace)]);
  assert.deepEqual(
    readdirSync(workspace).toSorted(),
    [basename(mine), basename(living.draft), 'container', 'npm'].toSorted(),
  );
  assert.ok(existsSync(join(living.draft, 'file')));
  assert.deepEqual(readdirSync(inContainer), []);
});

test('a draft whose process cannot be looked for here is removed after a day', async (t) => {
  const workspace = await temporaryFolder(t);
  // Of another machine, or of this one before it was started again; and of a process whose pid is in use again.
  const elsewhere = join(workspace, '.draft-1-1-00000000-abcdef');
  const old = join(workspace, '.draft-1-1-00000000-ghijkl');
  for (const folder of [elsewhere, old]) await mkdir(folder);
  await writeFile(join(old, 'file'), 'x');
  const before = new Date(Date.now() - 25 * 60 * 60 * 1000);
  await utimes(old, before, before);
  const mine = basename(await newDraft(workspace));
  const reused = mine.replace(/^(\.draft-\d+-)\d+/, '$11');
  if (process.platform === 'linux') await mkdir(join(workspace, reused));
  await reclaimDrafts(workspace);
  assert.deepEqual(readdirSync(workspace).toSorted(), [mine, basename(elsewhere)].toSorted());
});

test('a workspace that does not exist has nothing to remove', async (t) => {
  await reclaimDrafts(join(await temporaryFolder(t), 'none'));
});
