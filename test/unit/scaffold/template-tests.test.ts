import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { scaffold } from '../../../src/scaffold/index.ts';

const TEMPLATES = fileURLToPath(new URL('../../../templates', import.meta.url));
const run = promisify(execFile);

async function scaffolded(t: TestContext, runtime: string, template: string): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'lam-template-test-')));
  t.after(() => rm(root, { recursive: true, force: true }));
  const directory = join(root, 'hello');
  await scaffold({
    name: 'hello',
    runtime,
    template,
    directory,
    cwd: directory,
    force: false,
    templatesRoot: TEMPLATES,
  });
  return directory;
}

/** The author's environment, without the variable by which node detects that it runs inside another test. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _mark, ...rest } = process.env;
  return { ...rest, PATH: `${dirname(process.execPath)}${delimiter}${rest['PATH'] ?? ''}` };
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

describe("a fresh project's own tests pass", { timeout: 120_000 }, () => {
  for (const [runtime, template, program, words] of [
    ['nodejs', 'hello', 'npm', ['test']],
    ['nodejs', 'http-api', 'npm', ['test']],
    ['nodejs', 'typescript', 'npm', ['test']],
    ['python3', 'hello', 'python3', ['-m', 'unittest']],
    ['python3', 'http-api', 'python3', ['-m', 'unittest']],
    ['provided', 'shell', './test.sh', []],
    ['provided', 'go', 'go', ['test', './...']],
  ] as const) {
    const skip = program === './test.sh' || isOnPath(program) ? false : `${program} is not on the PATH`;
    test(`${runtime}/${template}: ${[program, ...words].join(' ')}`, { skip }, async (t) => {
      const directory = await scaffolded(t, runtime, template);
      const { stdout, stderr } = await run(program, words, { cwd: directory, env: environment() });
      // Each runner reports how many tests it ran, so that an empty run does not pass.
      assert.match(stdout + stderr, /pass [1-9]|Ran [1-9]\d* tests|^ok:?\s/m);
    });
  }
});

describe('the shell bootstrap', { skip: isOnPath('curl') ? false : 'curl is not on the PATH', timeout: 30_000 }, () => {
  test('takes events from the Runtime API and posts results and errors to their requests', async (t) => {
    const directory = await scaffolded(t, 'provided', 'shell');
    const handler = join(directory, 'handler.sh');
    await writeFile(
      handler,
      (await readFile(handler, 'utf8')).replace('echo "greeting', '[ "$name" != Nobody ] || exit 1\necho "greeting'),
    );
    const posted: string[] = [];
    const events = ['{"name":"Ada"}', '{"name":"Nobody"}', '{}'];
    const server = createServer((incoming, response) => {
      void (async () => {
        if (incoming.method === 'POST') {
          posted.push(`${incoming.url} ${await text(incoming)}`);
          response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
          return;
        }
        const event = events.shift();
        if (event === undefined) response.writeHead(410).end();
        else response.writeHead(200, { 'Lambda-Runtime-Aws-Request-Id': `request-${events.length}` }).end(event);
      })();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const finished = run('./bootstrap', [], {
      cwd: directory,
      env: { PATH: process.env['PATH'], AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}` },
    });
    // The last answer, 410, ends its loop; nothing else does.
    await assert.rejects(finished, /410/);
    assert.deepEqual(posted, [
      '/2018-06-01/runtime/invocation/request-2/response {"message":"Hello Ada!"}\n',
      '/2018-06-01/runtime/invocation/request-1/error {"errorType":"Handler.Failed","errorMessage":"handler.sh exited with an error","stackTrace":[]}',
      '/2018-06-01/runtime/invocation/request-0/response {"message":"Hello world!"}\n',
    ]);
  });
});
