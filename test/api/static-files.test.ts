import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { ConfigInput } from '../../src/contract/index.ts';
import { edgeHouse, WAYS, type Answer, type EdgeHouse } from '../support/edge-house.ts';
import { asFunctionName } from '../support/ids.ts';
import { zipOf } from '../unit/store/support.ts';

const SECRET = 'exports.handler = "the source of the function"';
const LARGE = Buffer.alloc(3 * 1024 * 1024, 'lam');
const FILES: Readonly<Record<string, string | Buffer>> = {
  'index.js': SECRET,
  '.env': SECRET,
  'private/key.pem': SECRET,
  'public/index.html': '<h1>home</h1>',
  'public/app.js': 'alert(1)',
  'public/with space.css': 'b{}',
  'public/caf\u00e9.txt': 'coffee',
  'public/large.bin': LARGE,
  'public/empty.txt': '',
  'public/odd': 'bytes',
  'public/.env': SECRET,
  'public/.git/config': SECRET,
  'public/.well-known/security.txt': 'contact',
  'public/docs/index.html': '<h1>docs</h1>',
  'public/docs/page.html': 'page',
  'public/bare/file.txt': 'bare',
};

for (const way of WAYS)
  describe(`static files at a route, through ${way}`, () => {
    let house: EdgeHouse;
    before(async () => {
      house = await edgeHouse({}, { way });
      const links = [
        { name: 'public/link.txt', content: '../private/key.pem' },
        { name: 'public/inner.txt', content: 'app.js' },
      ];
      const zip = zipOf([
        ...Object.entries(FILES).map(([name, content]) => ({ name, content })),
        ...links.map((link) => ({ ...link, mode: 0o120777 })),
      ]);
      const { artifact } = (await house.control('/_lam/v1/artifacts/zip', { method: 'POST', body: zip })).json();
      const routes: ConfigInput['routes'] = [
        { route: 'GET /assets/{path+}', static: './public/' },
        { route: 'GET /whole/{path+}', static: '.' },
        { route: 'GET /own.js', static: 'public/app.js' },
        { route: '$default', host: 'app.example', static: 'public/index.html' },
        { route: 'GET /{path+}', host: 'site.example', static: 'public', cors: true },
        { route: 'GET /assets/run', prefix: '/' },
      ];
      const body = JSON.stringify({ artifact, config: { runtime: 'nodejs', handler: 'index.handler', routes } });
      const answer = await house.control('/_lam/v1/functions/site/versions', { method: 'POST', body });
      assert.equal(answer.status, 200, answer.text);
    });
    after(() => house[Symbol.asyncDispose]());

    const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
      house.ask(path, { method, headers });

    test('are sent with type, length and tag, without running the function', async () => {
      const runs = house.arrivals();
      for (const [path, type, text] of [
        ['/assets/app.js', 'text/javascript; charset=utf-8', 'alert(1)'],
        ['/assets/with%20space.css', 'text/css; charset=utf-8', 'b{}'],
        ['/assets/caf%C3%A9.txt', 'text/plain; charset=utf-8', 'coffee'],
        ['/assets/odd', 'application/octet-stream', 'bytes'],
        ['/assets/empty.txt', 'text/plain; charset=utf-8', ''],
        ['/assets/', 'text/html; charset=utf-8', '<h1>home</h1>'],
        ['/assets/docs/', 'text/html; charset=utf-8', '<h1>docs</h1>'],
        ['/assets/docs/page.html', 'text/html; charset=utf-8', 'page'],
        ['/assets/.well-known/security.txt', 'text/plain; charset=utf-8', 'contact'],
        ['/own.js?v=1', 'text/javascript; charset=utf-8', 'alert(1)'],
      ] as const) {
        const { status, headers, text: body } = await get(path);
        assert.deepEqual([status, headers['content-type'], body], [200, type, text], path);
        assert.equal(headers['content-length'], String(Buffer.byteLength(text)), path);
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.match(headers.etag ?? '', /^"[0-9a-f]{64}"$/);
      }
      assert.equal(house.arrivals(), runs);
      assert.equal((await get('/assets/run')).json()['routeKey'], 'GET /assets/run', 'a more specific route wins');
    });

    test('are whole when they are large, and HEAD has the same headers', async () => {
      const whole = await get('/assets/large.bin');
      assert.ok(whole.bytes.equals(LARGE));
      const head = await get('/assets/large.bin', {}, 'HEAD');
      const { date: _date, connection: _connection, 'keep-alive': _alive, ...shown } = head.headers;
      assert.deepEqual([head.status, head.bytes.length], [200, 0]);
      for (const [name, value] of Object.entries(shown)) assert.equal(whole.headers[name], value, name);
      assert.equal(shown['content-length'], String(LARGE.length));
    });

    test('are sent in part, or not again', async () => {
      const { headers } = await get('/assets/app.js');
      const etag = headers.etag ?? '';
      for (const [range, more, status, text, contentRange] of [
        ['bytes=0-4', {}, 206, 'alert', 'bytes 0-4/8'],
        ['bytes=-3', {}, 206, '(1)', 'bytes 5-7/8'],
        ['bytes=6-99', {}, 206, '1)', 'bytes 6-7/8'],
        ['bytes=0-4', { 'if-range': etag }, 206, 'alert', 'bytes 0-4/8'],
        ['bytes=0-4', { 'if-range': '"other"' }, 200, 'alert(1)', undefined],
        ['bytes=9-', {}, 416, '', 'bytes */8'],
        ['bytes=0-1,3-4', {}, 200, 'alert(1)', undefined],
        ['lines=0-1', {}, 200, 'alert(1)', undefined],
        ['nonsense', {}, 200, 'alert(1)', undefined],
      ] as const) {
        const answer = await get('/assets/app.js', { range, ...more });
        assert.deepEqual(
          [answer.status, answer.text, answer.headers['content-range']],
          [status, text, contentRange],
          range,
        );
      }
      for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
        const answer = await get('/assets/app.js', { 'if-none-match': tag });
        assert.deepEqual([answer.status, answer.text, answer.headers.etag], [304, '', etag]);
      }
      assert.equal((await get('/assets/app.js', { 'if-none-match': '"x"' })).status, 200);
    });

    test('of a folder with an index get a slash, and others are not listed', async () => {
      for (const [path, location] of [
        ['/assets', '/assets/'],
        ['/assets/docs?a=1', '/assets/docs/?a=1'],
      ] as const) {
        const { status, headers } = await get(path);
        assert.deepEqual([status, headers.location], [308, location]);
      }
      for (const path of ['/assets/bare', '/assets/bare/', '/assets/none', '/assets/app.js/', '/assets/docs//'])
        assert.deepEqual([(await get(path)).status, path], [404, path]);
    });

    test('serve an application whose paths are its own, on its host alone', async () => {
      for (const path of ['/', '/orders/7', '/assets/app.js', '/site'])
        assert.match(
          (await get(path, { host: 'app.example' })).text,
          path === '/assets/app.js' ? /alert/ : /home/,
          path,
        );
      assert.equal((await get('/orders/7', { host: 'app.example' }, 'POST')).status, 405);
      assert.equal((await get('/', { host: 'site.example' })).text, '<h1>home</h1>');
      const headers = { host: 'site.example', origin: 'https://a.example' };
      assert.equal((await get('/app.js', headers)).headers['access-control-allow-origin'], '*');
    });

    test('answer other methods 405', async () => {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        const { status, headers } = await get('/assets/app.js', {}, method);
        assert.deepEqual([status, headers.allow], [405, 'GET, HEAD, OPTIONS']);
      }
    });

    test('never leave their folder', async () => {
      const tricks = [
        ...['../index.js', '..%2findex.js', '%2e%2e/index.js', '%2e%2e%2findex.js', '.%2e/index.js', '..%5cindex.js'],
        ...['..%255cindex.js', '%252e%252e%252findex.js', '..;/index.js', '....//index.js', 'docs/../../index.js'],
        ...['docs%2f..%2f..%2findex.js', '..%c0%afindex.js', '%c0%ae%c0%ae/index.js', '..%u2215index.js'],
        ...['%2fetc%2fpasswd', '/etc/passwd', '//etc/passwd', '%5cetc%5cpasswd', 'C:%5cwindows', 'c:/windows'],
        ...['app.js%00', 'app.js%00.html', '%00', 'app.js%0a', '%', '%zz', 'app.js%', 'app.js::$DATA', 'APP.JS'],
        ...[
          '.env',
          '%2eenv',
          '.git/config',
          '%2egit/config',
          'link.txt',
          'inner.txt',
          'docs%2findex.html',
          'con',
          '~root',
        ],
        ...['.well-known', '.well-known/../.env', '.', '..', './', '../', '%2e', '%2e%2e', '%2e%2e%2f'],
      ];
      for (const trick of tricks) {
        const answer = await get(`/assets/${trick}`);
        assert.ok([400, 404].includes(answer.status), `${trick}: ${answer.status} ${answer.text}`);
        assert.equal(answer.text.includes('source of the function'), false, trick);
      }
      for (const hidden of ['.env', '%2eenv', 'public/.git/config'])
        assert.equal((await get(`/whole/${hidden}`)).status, 404, hidden);
    });

    test('are found by exact name alone, whatever the path', () => {
      const piece = fc.constantFrom(
        ...[
          '..',
          '.',
          '%2e',
          '%2f',
          '/',
          '%5c',
          '%00',
          'public',
          'private',
          'key.pem',
          'index.js',
          '.env',
          'app.js',
          ';',
          ':',
        ],
      );
      return fc.assert(
        fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async (pieces) => {
          const { text } = await get(`/assets/${pieces.join('')}`);
          assert.equal(text.includes('source of the function'), false);
        }),
        { numRuns: 60 },
      );
    });

    test('are those of the artifact, although its unpacked folder is changed', async () => {
      const tree = house.paths.tree(house.registry.resolve(asFunctionName('site')).artifact);
      await mkdir(join(tree, 'public', 'later'), { recursive: true });
      await writeFile(join(tree, 'public', 'later', 'a.txt'), 'later');
      await rm(join(tree, 'public', 'odd'));
      await symlink(join(tree, 'index.js'), join(tree, 'public', 'odd'));
      assert.equal((await get('/assets/later/a.txt')).status, 404);
      // The head was sent before the file was opened, so the connection breaks.
      await assert.rejects(get('/assets/odd'));
    });
  });
