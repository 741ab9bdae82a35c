import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { http, IS_BINARY, lamSession, type LamSession } from './session.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/frameworks');

/** The web frameworks of each language, with the adapters that their authors publish; `-v1` reads only payload 1.0. */
const PROJECTS = {
  node: ['express', 'express-v1', 'hono', 'fastify'],
  python: ['fastapi', 'flask', 'flask-v1', 'django'],
} as const;

/** What an adapter makes of a path with `%20`, of two parameters `x`, and of two cookies that the framework sets. */
interface Made {
  readonly message: string;
  readonly x: unknown;
  readonly cookies: readonly string[];
}

const USUAL: Made = { message: 'Hello Ada L', x: ['1', '/2'], cookies: ['a=1', 'b=2'] };

/** The old adapters read only `queryStringParameters`, which has the last value; that of Flask is simpler still. */
const OTHERWISE: Readonly<Record<string, Made>> = {
  'express-v1': { ...USUAL, x: '/2' },
  'flask-v1': { message: 'Hello Ada%20L', x: ['/2'], cookies: ['b=2'] },
};

for (const [language, names] of Object.entries(PROJECTS))
  describe(`web frameworks in ${language}`, { skip: IS_BINARY && 'the built command runs the same' }, () => {
    let s: LamSession;
    before(async () => {
      s = await lamSession({ driver: 'process' });
      cpSync(join(FIXTURES, language), s.cwd, { recursive: true });
      // The first deploy installs the packages, of Python thousands of files: minutes on a busy machine.
      await s.ok(['deploy', names[0]], { limitMs: 300_000 });
      await s.ok(['deploy'], { limitMs: 300_000 });
    });
    after(() => s[Symbol.asyncDispose]());

    for (const name of names)
      test(`${name} runs unmodified`, async () => {
        const at = (path: string): string => `${s.url}/${name}${path}`;
        const hello = await http(at('/hello/Ada%20L?x=1&x=%2F2'));
        assert.equal(hello.status, 200, hello.body.toString());
        const made = OTHERWISE[name] ?? USUAL;
        const { message, x } = JSON.parse(hello.body.toString()) as { message: string; x: unknown };
        assert.deepEqual([message, x], [made.message, made.x]);

        const json = { 'content-type': 'application/json' };
        const echo = await http(at('/echo'), { method: 'POST', body: '{"é":[1,null]}', headers: json });
        assert.deepEqual(
          [echo.status, JSON.parse(echo.body.toString()), echo.headers['location']],
          [201, { é: [1, null] }, '/echo/1'],
        );

        const type = { 'content-type': 'application/x-www-form-urlencoded' };
        const form = await http(at('/form'), { method: 'POST', body: 'a=b+c&a=%26', headers: type });
        assert.deepEqual(JSON.parse(form.body.toString()), { a: ['b c', '&'] });

        const cookies = await http(at('/cookies'));
        const set = [cookies.headers['set-cookie'] ?? []].flat().map((cookie) => cookie.split(';')[0]);
        assert.deepEqual(set, made.cookies);

        const bytes = await http(at('/bytes'));
        assert.deepEqual(
          [...bytes.body],
          Array.from({ length: 256 }, (_, i) => i),
        );
        assert.equal(bytes.headers['content-type'], 'application/octet-stream');

        assert.equal((await http(at('/nowhere'))).status, 404);
      });
  });
