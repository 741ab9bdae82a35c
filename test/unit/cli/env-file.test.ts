import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { readEnvFiles } from '../../../src/cli/services/env-file.ts';
import { isLamError } from '../../../src/errors/index.ts';

async function read(t: TestContext, text: string): Promise<Record<string, string> | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-env-file-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, '.env'), text);
  return readEnvFiles(['.env'], folder);
}

describe('a file of variables', () => {
  test('may have comments, empty lines, exports, quotes and values of several lines', async (t) => {
    const text =
      '# of the database\n\n  HOST = db # near\nexport PORT=5432\r\nKEY="BEGIN\nabc\n\nEND" # kept\nEMPTY=\n';
    assert.deepEqual(await read(t, text), { HOST: 'db', PORT: '5432', KEY: 'BEGIN\nabc\n\nEND', EMPTY: '' });
  });

  for (const [what, text, line] of [
    ['a key alone', 'A=1\nTOKEN\nB=2\n', 2],
    ['a value alone', '=secret\n', 1],
    ['text after a value of several lines', 'KEY="BEGIN\nEND"\n\nmore\n', 4],
    ['YAML', 'HOST: db\n', 1],
  ] as const)
    test(`with ${what} is refused by the number of the line, without its text`, async (t) => {
      await assert.rejects(read(t, text), (error) => {
        assert.ok(isLamError(error) && error.code === 'LAM_CLI_ENV_FILE_UNREADABLE', String(error));
        assert.match(error.message, new RegExp(`: line ${line} is not of the form KEY=VALUE$`));
        return true;
      });
    });
});
