import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { VersionDetail } from '../../src/contract/index.ts';
import type { VersionDiff } from '../../src/cli/services/diff.ts';
import { lamSession, type LamSession } from './session.ts';

/** What colours begin with. */
const ESCAPE = '\u001b';
/** Never printed. */
const SECRET = 'hunter2';

const lamYaml = (timeout: number, more = ''): string =>
  `name: told\nruntime: nodejs\ntimeout: ${timeout}\nenvironment:\n  A: ${SECRET}${timeout}\n${more}`;

describe('versions told apart', () => {
  let s: LamSession;
  let cwd = '';
  before(async () => {
    s = await lamSession();
    cwd = s.files('told', {
      'lam.yaml': lamYaml(3, '  GONE: x\n'),
      'index.mjs': 'import { mark } from "./mark.mjs";\nexport const handler = async () => mark;\n',
      'mark.mjs': 'export const mark = 1;\n',
      'old.txt': 'old\n',
    });
    await s.ok(['deploy', '--message', 'the first'], { cwd });
    s.files('told', {
      'lam.yaml': lamYaml(8, '  NEW: x\n'),
      'mark.mjs': 'export const mark = 2;\n',
      'new.txt': 'a \u001b[31mred\u001b[0m line\n',
    });
    rmSync(join(cwd, 'old.txt'));
    await s.ok(['deploy'], { cwd });
    await s.ok(['config', 'set', 'told', 'memory=256']);
  });
  after(() => s.dispose());

  const EXPECTED = [
    'told v1 -> v2',
    '',
    'SETTING      CHANGE',
    'timeout      3 s -> 8 s',
    'environment  +NEW, changed A, -GONE',
    '',
    'FILE        SIZE',
    '~ mark.mjs  23 B, other content',
    '+ new.txt   20 B',
    '- old.txt   4 B',
    '',
    '--- v1/mark.mjs',
    '+++ v2/mark.mjs',
    '@@ -1,1 +1,1 @@',
    '-export const mark = 1;',
    '+export const mark = 2;',
    '',
    '--- /dev/null',
    '+++ v2/new.txt',
    '@@ -0,0 +1,1 @@',
    '+a \uFFFD[31mred\uFFFD[0m line',
    '',
    '--- v1/old.txt',
    '+++ /dev/null',
    '@@ -1,1 +0,0 @@',
    '-old',
    '',
  ];

  test('by settings, keys of variables, files and their text', async () => {
    const { stdout } = await s.ok(['diff', 'told', 'v1', '2']);
    assert.deepEqual(stdout.split('\n'), EXPECTED);
    const listed = (await s.ok(['diff', 'told', '1', '2', '--stat'])).stdout;
    assert.deepEqual(listed.split('\n'), [...EXPECTED.slice(0, 10), '']);
  });

  test('in colours on a terminal only', async () => {
    const { stdout } = await s.ok(['diff', 'told', '1', '2'], { terminal: true, env: { NO_COLOR: undefined } });
    assert.ok(stdout.includes(`${ESCAPE}[31m-export const mark = 1;${ESCAPE}[39m\r\n${ESCAPE}[32m+export`), stdout);
  });

  test('of the project in the folder, the live one and the one before by default', async () => {
    assert.match(
      (await s.ok(['diff'], { cwd })).stdout,
      /^told v2 -> v3\n\nSETTING +CHANGE\nmemory +128 MiB -> 256 MiB\n$/,
    );
    assert.match((await s.ok(['diff', 'v1'], { cwd })).stdout, /^told v1 -> v3\n/);
    assert.equal((await s.ok(['diff', '3'], { cwd })).stdout, 'told: v3 is the same version\n');
    await s.ok(['alias', 'set', 'told', 'prod', '1']);
    assert.match((await s.ok(['diff', 'told', 'prod', 'v2'])).stdout, /^told v1 -> v2\n/);
    assert.match((await s.ok(['diff', 'told:prod'])).stdout, /^told v1 -> v3\n/);
  });

  test('as JSON, without values of variables', async () => {
    const { stdout } = await s.ok(['diff', 'told', '1', '2', '--json']);
    assert.equal(stdout.includes(SECRET), false);
    const { data } = JSON.parse(stdout) as { data: VersionDiff };
    assert.deepEqual(data.settings, [{ setting: 'timeout', from: '3 s', to: '8 s' }]);
    assert.deepEqual(data.environment, { added: ['NEW'], changed: ['A'], removed: ['GONE'] });
    assert.deepEqual(
      data.files.map(({ path, from, to }) => [path, from, to]),
      [
        ['mark.mjs', { size: 23, executable: false }, { size: 23, executable: false }],
        ['new.txt', null, { size: 20, executable: false }],
        ['old.txt', { size: 4, executable: false }, null],
      ],
    );
    assert.equal(data.files[0]?.diff, '@@ -1,1 +1,1 @@\n-export const mark = 1;\n+export const mark = 2;\n');
  });

  test('unless there is nothing to compare, or no such version', async () => {
    await s.ok(['deploy', 'lone', '--inline', 'exports.handler = async () => 1']);
    const alone = await s.refused(['diff', 'lone'], 'LAM_CLI_NOTHING_TO_COMPARE', 1);
    assert.match(alone.hint ?? '', /lam versions lone$/);
    const gone = await s.refused(['diff', 'told', '7'], 'LAM_REGISTRY_VERSION_NOT_FOUND', 4);
    assert.equal(gone.hint, 'it has v1 to v3; see them: lam versions told');
    await s.refused(['diff', 'told', 'nope'], 'LAM_REGISTRY_ALIAS_NOT_FOUND', 4);
    await s.refused(['diff', 'told', 'no pe'], 'LAM_CLI_BAD_VERSION', 2);
  });

  test('each described alone', async () => {
    const page = (await s.ok(['describe', 'told@1'])).stdout;
    assert.match(page, /^name: +told\nversion: +v1\n/);
    assert.match(
      page,
      /^published: .* by \S+@\S+\nmessage: +the first\nartifact: +[0-9a-f]{64}\nsize: +\d+ B, 3 files$/m,
    );
    assert.match(page, /^timeout +3 s +lam\.yaml$/m);
    assert.match(
      page,
      /^environment +GONE +lam\.yaml\n\nFILE +SIZE\nindex\.mjs +\d+ B\nmark\.mjs +23 B\nold\.txt +4 B\n$/m,
    );
    assert.match((await s.ok(['describe', 'told@3'])).stdout, /^version: +v3, live$/m);
    assert.match((await s.ok(['describe', 'told@3'])).stdout, /^message: +memory 128 MiB -> 256 MiB$/m);
    assert.match((await s.ok(['describe', 'told:prod'])).stdout, /^version: +v1\naliases: +prod$/m);
    const { stdout } = await s.ok(['describe', 'told@1', '--json']);
    assert.equal(stdout.includes(SECRET), false);
    const { data } = JSON.parse(stdout) as { data: VersionDetail };
    assert.deepEqual(data.config.environment, { A: null, GONE: null });
    assert.deepEqual(
      data.files.map(({ path }) => path),
      ['index.mjs', 'mark.mjs', 'old.txt'],
    );
    await s.refused(['describe', 'told@9'], 'LAM_REGISTRY_VERSION_NOT_FOUND', 4);
  });
});
