import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { lamSession, type LamSession } from './session.ts';

const LONG = 'a-function-with-a-name-of-fifty-characters-or-so-ab';

describe('tables on a terminal', { skip: process.platform !== 'linux' && 'script has other flags there' }, () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    for (const name of ['hello', LONG]) {
      const cwd = s.files(name, {
        'lam.yaml': `name: ${name}\nruntime: nodejs\ndescription: some words that say at length what it is good for\n`,
        'index.mjs': 'export const handler = async () => 1;',
      });
      const message = 'a message that people write, with more words than a line has room for';
      await s.ok(['deploy', '--message', message], { cwd });
      await s.ok(['config', 'set', name, 'memory=256', '--message', message]);
      await s.ok(['alias', 'set', name, 'production-of-the-second-team', '1']);
    }
  });
  after(() => s.dispose());

  const COMMANDS = [
    'list',
    `versions ${LONG} --history`,
    `describe ${LONG}`,
    `describe ${LONG}@1`,
    `config get ${LONG}`,
  ].concat([
    `alias list ${LONG}`,
    'df',
    'status',
    'init --list',
    'runtimes',
    'runtimes python3',
    'versions hello',
    'describe hello',
  ]);
  for (const columns of [80, 60]) {
    for (const command of COMMANDS) {
      test(`have lines of at most ${columns} characters: lam ${command}`, async () => {
        const env = { COLUMNS: String(columns) };
        const { stdout } = await s.ok(command.split(' '), { env, terminal: true });
        for (const line of stdout.split(/\r?\n/)) {
          // An address, a path or a name is not cut where it is to be copied.
          const isOneWord = !line
            .trim()
            .replace(/^\S+: +/, '')
            .includes(' ');
          if (!isOneWord) assert.ok(line.length <= columns, `${line.length}: ${line}`);
        }
        assert.ok(stdout.split('\n').length > 2, stdout);
      });
    }
  }

  test('are whole in a pipe, whatever COLUMNS says', async () => {
    const env = { COLUMNS: '60' };
    const { stdout } = await s.ok(['list'], { env });
    const rows = stdout.trimEnd().split('\n');
    assert.deepEqual(rows[0]?.split(/ +/), ['NAME', 'LIVE', 'VERSIONS', 'RUNTIME', 'WARM', 'UPDATED', 'URL']);
    assert.ok(rows.some((row) => row.startsWith(`${LONG}  v2`)));
    assert.match((await s.ok(['versions', 'hello'], { env })).stdout, /more words than a line has room for$/m);
  });
});
