import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { zipOf } from '../unit/store/support.ts';
import { http, lamSession, type LamSession } from './session.ts';

const run = promisify(execFile);

/** The function of Glambdar's README, which also prints something. */
const HANDLER = `exports.handler = async (req) => {
  const jsonData = await req.json();
  console.log('greeting', jsonData.name);

  return {
    statusCode: 200,
    body: {
      message: \`Hello \${jsonData.name}!\`,
    },
  };
};
`;

/** The command lines of Glambdar's README, in its order. */
const DEPLOY = `curl -X POST \\
  -F "file=@/path/to/myfunc.zip" \\
  http://localhost:8000/deploy`;
const INVOKE = `curl -X POST \\
  -H "Content-Type: application/json" \\
  -d '{"name":"Glambdar"}' \\
  http://localhost:8000/invoke/myfunc`;
const LIST = 'curl http://localhost:8000/info';
const INFO = 'curl http://localhost:8000/info/myfunc';
const LOGS = 'curl http://localhost:8000/logs/myfunc';
const DELETE = 'curl -X DELETE http://localhost:8000/del/myfunc';

const GREETING = { message: 'Hello Glambdar!' };

describe("the command lines of Glambdar's README", () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    await s.ok(['start']);
    writeFileSync(join(s.root, 'myfunc.zip'), zipOf([{ name: 'index.js', content: HANDLER }]));
  });
  after(() => s.dispose());

  /** Runs a line, with the port and the folder of this test. */
  const asTyped = async (line: string): Promise<unknown> => {
    const here = line.replace('localhost:8000', new URL(s.url).host).replace('/path/to', s.root);
    const { stdout } = await run('bash', ['-c', here.replace('curl', "curl -sS --noproxy '*'")]);
    return JSON.parse(stdout);
  };

  test('deploy, invoke, list, describe, print logs and delete', async () => {
    assert.deepEqual(await asTyped(DEPLOY), { function: 'myfunc', status: 'deployed' });
    assert.deepEqual(await asTyped(INVOKE), GREETING);
    const info = (await asTyped(INFO)) as { invokeCount: number };
    assert.deepEqual(await asTyped(LIST), { count: 1, functions: [info] });
    assert.equal(info.invokeCount, 1);
    const logs = (await asTyped(LOGS)) as { stdout: string; stderr: string }[];
    assert.deepEqual(
      logs.map(({ stdout, stderr }) => [stdout, stderr]),
      [['greeting Glambdar\n', '']],
    );

    // What lam itself says of it.
    assert.match((await s.ok(['list', '--json'])).stdout, /"name": ?"myfunc"/);
    assert.match((await s.ok(['logs', 'myfunc'])).stdout, /greeting Glambdar/);
    await s.deployNode('myfunc', "export const handler = async () => ({ body: 'second' });");
    assert.equal(await asTyped(INVOKE), 'second');
    await s.ok(['rollback', 'myfunc']);
    assert.deepEqual(await asTyped(INVOKE), GREETING);

    assert.deepEqual(await asTyped(DELETE), { deleted: 'myfunc' });
    assert.deepEqual(await asTyped(INVOKE), { error: 'Function not found!' });
  });

  test('keep the count of invocations over a restart', async () => {
    await asTyped(DEPLOY);
    await asTyped(INVOKE);
    await s.ok(['restart']);
    assert.equal(((await asTyped(INFO)) as { invokeCount: number }).invokeCount, 1);
    await asTyped(DELETE);
  });

  test('have a port of their own if that is asked for, also after the next restart', async () => {
    await s.ok(['restart', '--glambdar', ':0']);
    const portOf = async (): Promise<unknown> => {
      const { data } = JSON.parse((await s.ok(['status', '--json'])).stdout) as { data: { glambdar: unknown } };
      return data.glambdar;
    };
    const port = await portOf();
    assert.equal((await http(`http://127.0.0.1:${String(port)}/health`)).body.toString(), '{"status":"healthy"}');
    assert.match((await s.ok(['status'])).stdout, new RegExp(`glambdar: +http://127\\.0\\.0\\.1:${String(port)}\n`));
    await s.ok(['restart']);
    assert.equal(await portOf(), port);
    await s.ok(['restart', '--glambdar', 'off']);
    assert.equal((await http(`${s.url}/health`)).status, 404);
    assert.equal((await s.run(['restart', '--glambdar', 'nowhere'])).code, 2);
    await s.ok(['stop']);
    await s.ok(['start']);
  });

  test('answer what is wrong with the JSON of a request, and take none for null', async () => {
    await asTyped(DEPLOY);
    assert.deepEqual(await asTyped(INVOKE.replace('{"name":"Glambdar"}', '{')), { error: 'invalid JSON body' });
    const { error } = (await asTyped(INVOKE.replace('{"name":"Glambdar"}', ''))) as { error: string };
    assert.match(error, /null/);
    await asTyped(DELETE);
  });
});
