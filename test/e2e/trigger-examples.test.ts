import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Status } from '../../src/contract/index.ts';
import { docExample } from '../support/doc-examples.ts';
import { eventually, http, lamSession, type LamSession } from './session.ts';

/** The examples of docs/triggers.md that need no broker; the others are run in test/brokers. */
describe('the examples of docs/triggers.md', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  async function deploy(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
    await s.ok(['deploy'], { cwd: s.files(folder, files) });
  }

  /** Waits until a function has printed a text. */
  async function prints(name: string, text: string): Promise<void> {
    const isThere = async (): Promise<boolean> => (await s.ok(['logs', name])).stdout.includes(text);
    if (!(await eventually(isThere, 60_000))) s.fail(`${name} does not print '${text}'`);
  }

  test('http', async () => {
    await deploy('http', docExample('http', {}));
    const { url } = await s.json<Status>(['status']);
    assert.equal(String((await http(`${url}/hello/Ada`)).body), '{"message":"Hello Ada!"}');
  });

  test('schedule', async () => {
    await deploy('schedule', docExample('schedule', {}));
    await prints('report', 'reporting for 2');
  });

  test('folder', async () => {
    const inbox = join(s.cwd, 'inbox');
    mkdirSync(inbox);
    await deploy('folder', docExample('folder', { '/srv/inbox': inbox }));
    writeFileSync(join(inbox, 'new orders.csv'), 'a\nb\nc\n');
    await prints('import', 'new orders.csv has 3 lines');
  });
});
