import assert from 'node:assert/strict';
import { once } from 'node:events';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import type { ApiKeyDetail, AuditEntry, CreateApiKeyAnswer } from '../../src/contract/index.ts';
import { eventually, http, lamSession, PROGRAM } from './session.ts';

const run = promisify(execFile);

describe('keys with scopes, and the audit log', () => {
  test('are made, shown, changed and used; what they did and what was refused is shown', async () => {
    await using s = await lamSession({ driver: 'process' });
    for (const name of ['orders-in', 'users'])
      await s.ok(['deploy', name, '--inline', 'exports.handler = async () => "fine";']);
    const create = ['key', 'create', 'ci', '--scope', 'deploy,read', '--function', 'orders-*', '--expires', '30d'];
    const made = await s.json<CreateApiKeyAnswer>(create);
    assert.deepEqual([made.scopes, made.functions, made.role], [['deploy', 'read'], ['orders-*'], null]);
    assert.equal((made.expiresAt ?? 0) - made.createdAt, 30 * 86_400_000);
    assert.match(made.accessKeyId ?? '', /^AKIALAM[A-Z2-7]{13}$/);
    assert.match(made.secretAccessKey ?? '', /^[A-Za-z0-9_-]{40}$/);
    const shown = await s.ok(['key', 'create', 'reader', '--role', 'viewer']);
    assert.match(shown.stdout, /^lam_[A-Za-z0-9_-]{43}\n$/);
    assert.match(shown.stderr, /AWS_ACCESS_KEY_ID=AKIALAM\S+\n +AWS_SECRET_ACCESS_KEY=\S{40}\n/);
    const listed = await s.ok(['key', 'list']);
    assert.match(listed.stdout, /ci .* deploy,read +orders-\* [^]*reader .* read +\* /);
    assert.ok(!listed.stdout.includes(made.key) && !listed.stdout.includes(made.secretAccessKey ?? '?'));

    const ask = async (method: string, path: string): Promise<number> => {
      const headers = { authorization: `Bearer ${made.key}` };
      return (await http(`http://127.0.0.1:${s.port}/_lam/v1/${path}`, { method, headers })).status;
    };
    assert.equal(await ask('GET', 'functions/orders-in'), 200);
    assert.equal(await ask('DELETE', 'functions/users'), 403);
    assert.equal(await ask('DELETE', 'functions/orders-in'), 200);
    const update = await s.ok(['key', 'update', 'ci', '--scope', 'read', '--function', 'users', '--expires', 'never']);
    assert.equal(update.stdout, 'ci: read of users\n');
    assert.equal(await ask('GET', 'functions/users'), 200);
    const changed = (await s.json<readonly ApiKeyDetail[]>(['key', 'list'])).find(({ name }) => name === 'ci');
    assert.deepEqual([changed?.scopes, changed?.functions, changed?.expiresAt], [['read'], ['users'], null]);
    await s.ok(['key', 'revoke', 'ci']);
    assert.equal(await ask('GET', 'functions/users'), 401);

    const refused = await s.ok(['audit', '--key', 'ci', '--outcome', 'refused', '--since', '1h']);
    assert.match(refused.stdout, /refused +key ci +functions\.delete users +by lam's own API from 127\.0\.0\.1:\d+/);
    const all = await s.json<readonly AuditEntry[]>(['audit', '--function', 'orders-in']);
    assert.deepEqual(
      all.map(({ who, operation, outcome }) => [who.kind, operation, outcome]),
      [
        ['socket', 'versions.publish', 'done'],
        ['key', 'functions.remove', 'done'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(await s.json(['audit'])), new RegExp(made.key));
    assert.match((await s.ok(['audit', '--key', 'nobody'])).stderr, /no entry matches; see all: lam audit/);
  });

  test('are followed until Ctrl-C', async () => {
    await using s = await lamSession({ driver: 'process' });
    await s.ok(['key', 'create', 'ci', '--scope', 'read']);
    const child = s.start(['audit', '--follow', '--json']);
    const seen: AuditEntry[] = [];
    const lines = createInterface({ input: child.stdout ?? s.fail('there is no output') });
    lines.on('line', (line) => seen.push(JSON.parse(line) as AuditEntry));
    const target = (): string | undefined => seen.at(-1)?.target;
    await eventually(() => target() === 'key ci', 15_000);
    await s.ok(['key', 'revoke', 'ci']);
    await eventually(() => seen.length === 2, 15_000);
    assert.deepEqual([target(), seen[1]?.operation], ['key ci', 'apiKeys.revoke']);
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    assert.deepEqual(await ended, [130, null]);
  });

  test("ask lam's own API as the examples of its page do", async () => {
    await using s = await lamSession({ driver: 'process' });
    await s.ok(['deploy', 'hello', '--inline', 'exports.handler = async ({ name }) => name;']);
    const page = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
    const [, example = ''] = /<!-- example: curl -->\n\n```sh\n([^]*?)```/.exec(page) ?? [];
    const script = example
      .replaceAll(':8000', `:${s.port}`)
      .replaceAll('~/.lam', s.home)
      .replaceAll(/^curl .*/gm, '$& && echo')
      .replace('$(lam ', `$(LAM_HOME='${s.home}' '${PROGRAM}' `);
    const { stdout } = await run('bash', ['-ec', script]);
    const [list, hello, answer] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    assert.equal((list as readonly { readonly name: string }[])[0]?.name, 'hello');
    assert.equal((hello as { readonly name: string }).name, 'hello');
    assert.match(JSON.stringify(answer), /"payload":"Ada"/);
  });

  test('are refused where they make no sense', async () => {
    await using s = await lamSession({ driver: 'process' });
    for (const [args, code] of [
      [['key', 'create', 'a', '--scope', 'king'], 2],
      [['key', 'create', 'a', '--scope', 'admin', '--function', 'orders'], 2],
      [['key', 'create', 'a', '--function', 'orders'], 2],
      [['key', 'create', 'a', '--scope', 'read', '--function', 'a*b'], 2],
      [['key', 'create', 'a', '--scope', 'read', '--expires', 'soon'], 2],
      [['key', 'create', 'a', '--scope', 'read', '--role', 'viewer'], 2],
      [['key', 'create', 'a', '--scope', 'read', '--quota', '5'], 2],
      [['key', 'update', 'nobody', '--scope', 'read'], 4],
      [['key', 'update', 'nobody'], 2],
      [['audit', '--since', 'yesterday'], 2],
      [['audit', '--outcome', 'odd'], 2],
    ] as const)
      assert.equal((await s.run([...args])).code, code, args.join(' '));
    assert.deepEqual(await s.json(['key', 'list']), []);
  });
});
