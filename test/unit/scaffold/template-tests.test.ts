import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { describeTemplateTests, environment, isOnPath, scaffolded } from '../../support/template-tests.ts';

const run = promisify(execFile);

describeTemplateTests(
  [
    ['nodejs', 'hello', 'npm', ['test']],
    ['nodejs', 'http-api', 'npm', ['test']],
    ['nodejs', 'queue', 'npm', ['test']],
    ['nodejs', 'schedule', 'npm', ['test']],
    ['nodejs', 'webhook', 'npm', ['test']],
    ['nodejs', 'typescript', 'npm', ['test']],
    ['nodejs', 'typescript-http-api', 'npm', ['test']],
    ['python3', 'hello', 'python3', ['-m', 'unittest']],
    ['python3', 'http-api', 'python3', ['-m', 'unittest']],
    ['python3', 'queue', 'python3', ['-m', 'unittest']],
    ['python3', 'schedule', 'python3', ['-m', 'unittest']],
    ['python3', 'webhook', 'python3', ['-m', 'unittest']],
    ['ruby', 'hello', 'ruby', ['test_lambda_function.rb']],
    ['ruby', 'http-api', 'ruby', ['test_lambda_function.rb']],
    ['bun', 'hello', 'bun', ['test']],
    ['deno', 'hello', 'deno', ['test']],
    ['dotnet', 'hello', './test.sh', [], 'mono'],
    ['php', 'hello', 'php', ['test.php']],
    ['provided', 'shell', './test.sh', []],
    ['stdio', 'hello', './test.sh', []],
    ['wasm', 'hello', 'go', ['test', './...']],
    ['go', 'hello', 'go', ['test', './...']],
    ['go', 'http-api', 'go', ['test', './...']],
    ['image', 'hello', 'go', ['test', './...']],
    ['stdio-image', 'hello', 'go', ['test', './...']],
    ['bash', 'hello', './test.sh', []],
  ],
  120_000,
);

for (const template of ['typescript', 'typescript-http-api'])
  test(`the tests of nodejs/${template} fail on a Node that cannot run them, and name one that can`, async (t) => {
    const directory = await scaffolded(t, 'nodejs', template);
    // As Node 20: TypeScript files are not tests.
    const env = { ...environment(), NODE_OPTIONS: '--no-strip-types' };
    const tests = run('npm', ['test'], { cwd: directory, env });
    await assert.rejects(tests, (error: { code?: unknown; stderr?: unknown }) => {
      assert.equal(error.code, 1);
      assert.match(String(error.stderr), /needs Node 22\.18 or newer; this is v/);
      return true;
    });
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
