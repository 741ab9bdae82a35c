import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';

const run = promisify(execFile);
const NOBODY = 65_534;
/** Counts at the path `/` alone. */
const TARGET = 'X-Amz-Target: Logs_20140328.DescribeLogGroups';

describe('programs of this machine at AWS Lambda’s paths', () => {
  let house: EdgeHouse;
  before(async () => {
    house = await edgeHouse();
    await house.publish('hello');
  });
  after(() => house[Symbol.asyncDispose]());
  /** The answer to a request from a program of a user; the shell's own sockets, because any user may run it. */
  const ask = async (method: string, path: string, user?: number): Promise<string> => {
    const request = `${method} ${path} HTTP/1.1\\r\\nHost: localhost\\r\\n${TARGET}\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n`;
    const script = `exec 3<>/dev/tcp/127.0.0.1/${house.port}; printf '${request}' >&3; cat <&3`;
    const as = user === undefined ? {} : { uid: user, gid: user };
    const { stdout } = await run('/bin/bash', ['-c', script], { cwd: '/', ...as });
    return stdout;
  };

  test('may change functions and read their logs if they are of the daemon’s own user', async () => {
    assert.match(await ask('GET', '/2015-03-31/functions/hello'), /^HTTP\/1\.1 200 /);
    assert.match(await ask('POST', '/'), /^HTTP\/1\.1 200 [^]*"logGroupName":"\/aws\/lambda\/hello"/);
  });

  test(
    'may only invoke if they are of another user',
    { skip: process.getuid?.() === 0 ? false : 'only root can start programs of another user' },
    async () => {
      for (const [method, path] of [
        ['GET', '/2015-03-31/functions'],
        ['GET', '/2015-03-31/functions/hello'],
        ['DELETE', '/2015-03-31/functions/hello'],
        ['POST', '/'],
      ] as const) {
        const answer = await ask(method, path, NOBODY);
        assert.match(
          answer,
          /^HTTP\/1\.1 403 [^]*AccessDeniedException[^]*only programs of the user/,
          `${method} ${path}`,
        );
      }
      assert.equal(house.registry.has('hello' as never), true);
      assert.match(await ask('POST', '/2015-03-31/functions/hello/invocations', NOBODY), /^HTTP\/1\.1 200 /);
    },
  );

  test(
    'are refused before their bodies take memory if they are of another user',
    { skip: process.getuid?.() === 0 ? false : 'only root can start programs of another user' },
    async () => {
      const path = '/2015-03-31/functions/hello/code';
      // Announces a body and sends nothing of it.
      const request = `PUT ${path} HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 70000000\\r\\n\\r\\n`;
      const script = `exec 3<>/dev/tcp/127.0.0.1/${house.port}; printf '${request}' >&3; head -c 12 <&3`;
      const as = { uid: NOBODY, gid: NOBODY, cwd: '/', timeout: 20_000 };
      const { stdout } = await run('/bin/bash', ['-c', script], as);
      assert.equal(stdout, 'HTTP/1.1 403');
    },
  );
});
