import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RouteTable, type DeclaredRoute, type RouteHit } from '../../../../../src/edge/apis/functions/route-table.ts';
import { asFunctionName } from '../../../../support/ids.ts';

const at = (functionName: string, route: string, options: object = {}): DeclaredRoute => ({
  functionName: asFunctionName(functionName),
  config: { type: 'http', route, ...options },
});

const TABLE = new RouteTable([
  at('any', 'ANY /users/{id}'),
  at('one', 'GET /users/{id}'),
  at('me', 'GET /users/me'),
  at('rest', 'ANY /files/{path+}'),
  at('deep', 'GET /files/a/{rest+}'),
  at('exact', 'GET /files/a/b'),
  at('root', 'GET /'),
  at('hello', 'GET /other/{a}/{b}'),
  at('caught', 'ANY /hello/taken'),
  at('encoded', 'GET /caf%C3%A9'),
  at('proto', 'GET /p/{__proto__}'),
]);
/** The table's answer where it is a function. */
const find = (table: RouteTable, method: string, path: string): RouteHit | undefined => {
  const hit = table.find({ method, path, host: 'h' }, exists);
  assert.ok(hit === undefined || !('allow' in hit), `${method} ${path} is a method that no route has`);
  return hit;
};

const exists = (name: string): boolean => ['hello', 'fn-1', 'users'].includes(name);

/** Request, function, route key, path parameters, path in the event. */
const HITS: readonly [string, string, string, Record<string, string> | undefined, string][] = [
  ['GET /users/me', 'me', 'GET /users/me', undefined, '/users/me'],
  ['GET /users/7', 'one', 'GET /users/{id}', { id: '7' }, '/users/7'],
  ['PUT /users/7', 'any', 'ANY /users/{id}', { id: '7' }, '/users/7'],
  ['PUT /users/me', 'any', 'ANY /users/{id}', { id: 'me' }, '/users/me'],
  ['GET /users/a%2Fb%20c', 'one', 'GET /users/{id}', { id: 'a/b c' }, '/users/a%2Fb%20c'],
  ['GET /users/100%', 'one', 'GET /users/{id}', { id: '100%' }, '/users/100%'],
  ['DELETE /files/a/b/c', 'rest', 'ANY /files/{path+}', { path: 'a/b/c' }, '/files/a/b/c'],
  ['GET /files/a/b/c', 'deep', 'GET /files/a/{rest+}', { rest: 'b/c' }, '/files/a/b/c'],
  ['GET /files/a/b', 'exact', 'GET /files/a/b', undefined, '/files/a/b'],
  ['GET /files/x//y/', 'rest', 'ANY /files/{path+}', { path: 'x//y/' }, '/files/x//y/'],
  ['GET /', 'root', 'GET /', undefined, '/'],
  ['GET /other/1/2', 'hello', 'GET /other/{a}/{b}', { a: '1', b: '2' }, '/other/1/2'],
  ['POST /hello', 'hello', '$default', undefined, '/'],
  ['GET /hello/', 'hello', '$default', undefined, '/'],
  ['GET /hello/pa2%Fth/1', 'hello', '$default', undefined, '/pa2%Fth/1'],
  ['GET /hello/taken', 'caught', 'ANY /hello/taken', undefined, '/hello/taken'],
  ['GET /caf%C3%A9', 'encoded', 'GET /caf%C3%A9', undefined, '/caf%C3%A9'],
  ['GET /fn-1/x', 'fn-1', '$default', undefined, '/x'],
  // No route ends in '/', but the function of that name serves all paths below it.
  ['GET /users/7/', 'users', '$default', undefined, '/7/'],
];

describe('a route table', () => {
  for (const [request, functionName, routeKey, pathParameters, rawPath] of HITS) {
    test(`${request} runs ${functionName} as ${routeKey}`, () => {
      const [method = '', path = ''] = request.split(' ');
      const hit = find(TABLE, method, path);
      const plain = hit?.pathParameters === undefined ? undefined : { ...hit.pathParameters };
      const expected = { functionName, qualifier: undefined, routeKey, pathParameters, rawPath };
      const { route, methods, ...told } = hit ?? {};
      assert.deepEqual({ ...told, pathParameters: plain }, expected);
      assert.deepEqual(
        [route === undefined, methods?.[0]],
        routeKey === '$default' ? [true, 'ANY'] : [false, routeKey.split(' ')[0]],
      );
    });
  }

  for (const request of [
    'GET /nobody:prod',
    'GET /hello:',
    'GET /hello:not.a.name',
    'GET /arn:aws:lambda:us-east-1:000000000000:function:hello',
    'GET /function:hello',
    'GET /nobody',
    'GET /files',
    'GET /files/',
    'GET //hello',
    'GET hello',
    'OPTIONS *',
    'GET /..%2f',
  ]) {
    test(`${request} runs nothing`, () => {
      const [method = '', path = ''] = request.split(' ');
      assert.equal(TABLE.find({ method, path, host: 'h' }, exists), undefined);
    });
  }

  for (const [request, qualifier, rawPath] of [
    ['GET /hello:prod', 'prod', '/'],
    ['POST /hello:prod/a/b', 'prod', '/a/b'],
    ['GET /hello@2', '2', '/'],
    ['GET /hello@v2/x', '2', '/x'],
    ['GET /hello:2', '2', '/'],
    ['GET /hello%3Aprod/x', 'prod', '/x'],
    ['GET /hello%402', '2', '/'],
    ['GET /hello:$LATEST', undefined, '/'],
  ] as const) {
    test(`${request} runs ${qualifier ?? 'the live version'} of hello`, () => {
      const [method = '', path = ''] = request.split(' ');
      const hit = find(TABLE, method, path);
      assert.deepEqual([hit?.functionName, hit?.qualifier, hit?.rawPath], ['hello', qualifier, rawPath]);
    });
  }

  for (const [request, ...allow] of [
    ['POST /', 'GET', 'HEAD', 'OPTIONS'],
    ['POST /other/1/2', 'GET', 'HEAD', 'OPTIONS'],
    ['OPTIONS /other/1/2', 'GET', 'HEAD', 'OPTIONS'],
    ['GET /fn-1', 'DELETE', 'OPTIONS', 'POST'],
  ] as const) {
    test(`${request} is answered with the methods ${allow.join(', ')}`, () => {
      const table = new RouteTable([
        at('root', 'GET /'),
        at('hello', 'GET /other/{a}/{b}'),
        at('fn-1', 'POST /fn-1'),
        at('fn-1', 'DELETE /{any}'),
      ]);
      const [method = '', path = ''] = request.split(' ');
      assert.deepEqual(table.find({ method, path, host: 'h' }, exists), { allow });
    });
  }

  test('a route for GET answers HEAD, unless there is one for HEAD', () => {
    const get = at('get', 'GET /a');
    const head = at('head', 'HEAD /a');
    assert.equal(find(new RouteTable([get]), 'HEAD', '/a')?.routeKey, 'GET /a');
    for (const routes of [
      [get, head],
      [head, get],
    ]) {
      assert.equal(find(new RouteTable(routes), 'HEAD', '/a')?.routeKey, 'HEAD /a');
      assert.equal(find(new RouteTable(routes), 'GET', '/a')?.routeKey, 'GET /a');
    }
  });

  test("treats '__proto__' as an ordinary name", () => {
    const hit = find(TABLE, 'GET', '/p/x');
    assert.equal(JSON.stringify(hit?.pathParameters), '{"__proto__":"x"}');
  });

  test('names the routes most similar to an unmatched path', () => {
    assert.deepEqual(TABLE.near('/other/1'), ['GET /other/{a}/{b}']);
    const prefixed = at('front', 'GET /');
    const table = new RouteTable([{ ...prefixed, config: { ...prefixed.config, prefix: '/app', host: 'a.example' } }]);
    assert.deepEqual(table.near('/'), ['GET a.example/app']);
    assert.deepEqual(new RouteTable([]).near('/x'), []);
  });

  test('ignores invalid routes', () => {
    assert.equal(
      new RouteTable([at('f', 'nonsense')]).find({ method: 'GET', path: '/nonsense', host: 'h' }, () => false),
      undefined,
    );
  });

  const HOSTED = new RouteTable([
    at('all', 'GET /a'),
    at('all', 'ANY /{x}', { prefix: '/all' }),
    at('shop', 'GET /a', { host: 'shop.example' }),
    at('shop', 'POST /only', { host: ['shop.example', 'store.example'] }),
    at('shop', '$default', { host: 'shop.example', prefix: '/app' }),
    at('wild', 'ANY /{rest+}', { host: '*.example.com' }),
    at('exact', 'GET /a', { host: 'api.example.com' }),
    at('left', '$default'),
    at('several', 'GET|POST /m/{id}'),
  ]);
  for (const [method, host, path, functionName] of [
    ['GET', 'localhost:9000', '/a', 'all'],
    ['GET', 'Shop.Example.:9000', '/a', 'shop'],
    ['GET', 'other.example', '/a', 'all'],
    ['POST', 'store.example', '/only', 'shop'],
    ['GET', 'shop.example', '/app', 'shop'],
    ['GET', 'shop.example', '/app/', 'shop'],
    ['GET', 'shop.example', '/app/x//y', 'shop'],
    // Functions come before a default route without a host, and after one with.
    ['GET', 'shop.example', '/hello', 'hello'],
    ['GET', 'shop.example', '/nothing', 'left'],
    ['GET', 'api.example.com', '/a', 'exact'],
    ['GET', 'www.example.com', '/a', 'wild'],
    ['PUT', 'api.example.com', '/a', 'wild'],
    ['GET', 'a.b.example.com', '/a', 'all'],
    ['GET', 'example.com', '/a', 'all'],
    ['PUT', 'localhost', '/a', 'left'],
    ['GET', 'localhost', '/all/7', 'all'],
    ['GET', 'localhost', '/hello/x', 'hello'],
    ['GET', '[::1]:9000', '/', 'left'],
  ] as const)
    test(`${method} ${host}${path} runs ${functionName}`, () => {
      const hit = HOSTED.find({ method, path, host }, exists);
      assert.equal(hit !== undefined && 'functionName' in hit ? hit.functionName : hit, functionName);
    });

  test('keeps the prefix in the path of the event, and out of the route key', () => {
    const hit = HOSTED.find({ method: 'GET', path: '/all/7', host: 'h' }, exists);
    assert.deepEqual(JSON.parse(JSON.stringify(hit)), {
      functionName: 'all',
      routeKey: 'ANY /{x}',
      pathParameters: { x: '7' },
      route: { type: 'http', route: 'ANY /{x}', prefix: '/all' },
      methods: ['ANY'],
      rawPath: '/all/7',
    });
  });

  test('names the method that served the request in the route key', () => {
    const keys = ['GET', 'POST', 'HEAD'].map((method) => {
      const hit = HOSTED.find({ method, path: '/m/1', host: 'h' }, exists);
      return hit !== undefined && 'routeKey' in hit ? hit.routeKey : hit;
    });
    assert.deepEqual(keys, ['GET /m/{id}', 'POST /m/{id}', 'GET /m/{id}']);
  });

  test('knows the hosts of its routes', () => {
    const hosts = ['shop.example:1', 'SHOP.example', 'x.example.com', 'example.com', 'evil.example', '', 'localhost'];
    assert.deepEqual(
      hosts.filter((host) => HOSTED.hasHost(host)),
      ['shop.example:1', 'SHOP.example', 'x.example.com'],
    );
  });

  const segment = fc.constantFrom('a', 'b', '{p}');
  const path = fc
    .tuple(fc.array(segment, { maxLength: 3 }), fc.boolean())
    .map(([parts, isGreedy]) => [...parts.map((part, n) => part.replace('p', `p${n}`)), ...(isGreedy ? ['{r+}'] : [])])
    .map((parts) => `/${parts.join('/')}`);
  const route = fc.tuple(fc.constantFrom('GET', 'POST', 'HEAD', 'ANY'), path).map((words) => words.join(' '));
  const asked = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 4 }).map((parts) => `/${parts.join('/')}`);

  test('finds the most specific of the routes that match, like a search of all of them', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(route),
        asked,
        fc.constantFrom('GET', 'POST', 'HEAD', 'PUT'),
        (routes, target, method) => {
          const matching = routes.filter((text) => modelMatches(text, target));
          const serving = matching.filter((text) => modelServes(text, method)).toSorted(bySpecificity);
          const table = new RouteTable(routes.map((text) => at('f', text)));
          const found = table.find({ method, path: target, host: 'h' }, () => false);
          if (serving[0] !== undefined) assert.deepEqual(found && 'routeKey' in found && found.routeKey, serving[0]);
          else assert.equal(found !== undefined && 'allow' in found, matching.length > 0);
        },
      ),
      { numRuns: 2000 },
    ));
});

/** Whether a route matches a path, by a regular expression. */
function modelMatches(route: string, target: string): boolean {
  const pattern = route
    .replace(/^\S+ /, '')
    .replaceAll(/\{r\+\}/g, '[^/].*')
    .replaceAll(/\{p\d\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(target);
}

function modelServes(route: string, method: string): boolean {
  const own = route.split(' ', 1)[0];
  return own === 'ANY' || own === method || (own === 'GET' && method === 'HEAD');
}

function bySpecificity(a: string, b: string): number {
  const rank = (text: string): string => {
    const [method = '', rest = ''] = text.split(' ');
    const kinds =
      rest === '/'
        ? ''
        : rest
            .slice(1)
            .split('/')
            .map((part) => (part === '{r+}' ? '2' : part.startsWith('{') ? '1' : '0'))
            .join('');
    return `${kinds}~${method === 'HEAD' ? 0 : method === 'ANY' ? 2 : 1}`;
  };
  return rank(a) < rank(b) ? -1 : 1;
}
