import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { lamSession, type LamSession } from './session.ts';

describe('routes set live', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  const list = async (...words: string[]): Promise<string> => (await s.ok(['route', 'list', ...words])).stdout;

  test('are added, listed with their source, and removed', async () => {
    assert.equal(await list(), "no function has routes; add one: lam route add 'GET /hello' FUNCTION\n");
    const cwd = s.files('users', {
      'lam.yaml': 'name: users\nruntime: nodejs\nroutes: [GET /users]\n',
      'index.js': 'exports.handler = async ({ routeKey }) => routeKey;',
    });
    await s.ok(['deploy'], { cwd });
    await s.ok(['deploy', 'bare', '--inline', 'exports.handler = async () => 1']);
    assert.equal(await list('bare'), "'bare' has no routes; add one: lam route add 'GET /hello' bare\n");

    const added = await s.ok(['route', 'add', 'GET|PUT /users/{id}', 'users', '--host', 'api.example', '--cors']);
    assert.equal(added.stdout, 'users: v1 -> v2\n');
    assert.match(added.stderr, /routes of 'users' are now set live.* until: lam config unset users routes\n/);
    assert.match(
      await list(),
      /^ROUTE +FUNCTION +FROM +OPTIONS\nGET \/users +users +config set\nGET\|PUT api\.example\/users\/{id} +users +config set +cors\n$/,
    );
    assert.deepEqual(await s.json(['route', 'list', 'users']), [
      { route: 'GET /users', function: 'users', from: 'config set', options: {} },
      { route: 'GET|PUT api.example/users/{id}', function: 'users', from: 'config set', options: { cors: true } },
    ]);
    const again = await s.ok(['route', 'add', 'GET|PUT /users/{id}', 'users', '--host', 'api.example', '--cors']);
    assert.deepEqual([again.stdout, again.stderr], ['users: no change (v2)\n', '']);

    // In the project's folder, the function need not be named.
    assert.equal((await s.ok(['route', 'remove', 'GET /users'], { cwd })).stdout, 'users: v2 -> v3\n');
    assert.match((await s.ok(['deploy'], { cwd })).stderr, /lam config unset users routes\n/);
    await s.ok(['route', 'add', 'GET /users'], { cwd });
    await s.ok(['route', 'remove', 'GET|PUT api.example/users/{id}', 'users']);
    // The list is that of lam.yaml again.
    assert.match(await list('users'), /\nGET \/users +users +lam\.yaml\n$/);
  });

  test('are refused where they are wrong, with a command that helps', async () => {
    await s.ok(['deploy', 'one', '--inline', 'exports.handler = async () => 1']);
    await s.ok(['deploy', 'two', '--inline', 'exports.handler = async () => 2']);
    await s.ok(['route', 'add', 'GET /taken/{x}', 'one']);
    const conflict = await s.refused(['route', 'add', 'GET /taken/{y}', 'two'], 'LAM_REGISTRY_ROUTE_CONFLICT', 1);
    assert.match(conflict.message, /'GET \/taken\/{y}' of 'two' is already served by 'one' \(as 'GET \/taken\/{x}'\)/);
    const missing = await s.refused(['route', 'remove', 'GET /none', 'one'], 'LAM_REGISTRY_TRIGGER_NOT_FOUND', 4);
    assert.match(missing.hint ?? '', /GET \/taken\/{x}/);
    for (const route of ['FETCH /x', 'GET x', ''])
      await s.refused(['route', 'add', route, 'one'], 'LAM_REGISTRY_INVALID_CONFIG', 2);
    await s.refused(['route', 'add', 'GET /x', 'nobody'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
    assert.match(missing.message, /^'one' has no route 'GET \/none'/);
    const unquoted = await s.refused(['route', 'add', 'GET', '/users', 'one'], 'LAM_CLI_UNQUOTED_ROUTE', 2);
    assert.equal(unquoted.hint, "quote it: lam route add 'GET /users' one");
    await s.refused(['route', 'remove', 'GET', '/users'], 'LAM_CLI_UNQUOTED_ROUTE', 2);
    await s.refused(['route', 'add'], 'LAM_CLI_USAGE', 2);
    await s.refused(['route', 'add', 'GET /x', 'one@1'], 'LAM_CLI_BAD_REFERENCE', 2);
    await s.refused(['route', 'add', 'GET /x', 'one', '--host', 'A.example'], 'LAM_REGISTRY_INVALID_CONFIG', 2);
  });
});

describe('the access log of a daemon', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  test('is written where a flag asks for it, kept by a restart, and turned off again', async () => {
    const log = join(s.home, 'access.log');
    await s.ok(['deploy', 'hello', '--inline', 'exports.handler = async () => 1']);
    const ask = async (): Promise<number> => (await fetch(`${(await s.status()).url}/hello?token=secret`)).status;
    assert.equal(await ask(), 200);
    await s.ok(['restart', '--access-log', 'common']);
    assert.equal((await s.status()).accessLog, 'common');
    assert.equal(await ask(), 200);
    await s.ok(['restart']);
    assert.equal(await ask(), 200);
    // The daemon has written all lines when it has ended.
    await s.ok(['restart', '--access-log', 'off']);
    assert.equal((await s.status()).accessLog, undefined);
    assert.equal(await ask(), 200);
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
    assert.equal(lines.length, 2, lines.join('\n'));
    for (const line of lines) assert.match(line, /^\S+ - - \[.*\] "GET \/hello HTTP\/1\.1" 200 1$/);
    assert.equal((await s.run(['restart', '--access-log', 'xml'])).code, 2);
  });
});
