import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Status } from '../../src/contract/index.ts';
import { docExample } from '../support/doc-examples.ts';
import { eventually, http, kill, lamSession, type LamSession } from './session.ts';

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

  test('webhook', async () => {
    const cwd = s.files('webhook', docExample('webhook', {}));
    await s.ok(['deploy', '--env', 'GITHUB_SECRET=s3cret-of-the-hook'], { cwd });
    const shown = await s.ok(['trigger', 'show', 'pushes']);
    const [, url = ''] = /^url: +(\S+)$/m.exec(shown.stdout) ?? [];
    const body = JSON.stringify({ ref: 'refs/heads/main', commits: [{}, {}] });
    const send = (signature: string) => http(url, { body, headers: { 'x-hub-signature-256': `sha256=${signature}` } });
    const signature = createHmac('sha256', 's3cret-of-the-hook').update(body).digest('hex');
    assert.equal((await send(signature)).status, 202);
    await prints('pushes', '2 commits on refs/heads/main');
    assert.equal((await send(signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0')))).status, 401);
    kill((await s.json<Status>(['status'])).pid, 'SIGKILL');
    await s.ok(['start']);
    const again = async (): Promise<boolean> => (await send(signature)).status === 200;
    if (!(await eventually(again, 60_000))) s.fail('a copy is known after a restart');
    for (const words of [
      ['trigger', 'list', '--json'],
      ['trigger', 'show', 'pushes', '--json'],
      ['trigger', 'list'],
    ])
      assert.ok(!(await s.ok(words)).stdout.includes('s3cret-of-the-hook'), words.join(' '));
  });

  for (const runtime of ['nodejs', 'python3'])
    test(`the webhook of a fresh project in ${runtime}`, async () => {
      const name = `hook-${runtime}`;
      await s.ok(['init', name, '--runtime', runtime, '--template', 'webhook']);
      await s.ok(['deploy', '--env', 'WEBHOOK_SECRET=change-me'], { cwd: join(s.cwd, name) });
      const { url } = await s.json<{ url: string }>(['trigger', 'show', name]);
      const body = '{"ref":"refs/heads/main","commits":[]}';
      const sum = createHmac('sha256', 'change-me').update(body).digest('hex');
      const headers = { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${sum}` };
      assert.equal((await http(url, { body, headers })).status, 202);
      await prints(name, '0 commits on refs/heads/main');
    });

  test('folder', async () => {
    const inbox = join(s.cwd, 'inbox');
    mkdirSync(inbox);
    await deploy('folder', docExample('folder', { '/srv/inbox': inbox }));
    writeFileSync(join(inbox, 'new orders.csv'), 'a\nb\nc\n');
    await prints('import', 'new orders.csv has 3 lines');
  });
});
