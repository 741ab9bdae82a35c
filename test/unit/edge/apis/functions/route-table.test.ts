import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RouteTable } from '../../../../../src/edge/index.ts';
import { asFunctionName } from '../../../../support/ids.ts';

const TABLE = new RouteTable([
  { functionName: asFunctionName('any'), text: 'ANY /users/{id}' },
  { functionName: asFunctionName('one'), text: 'GET /users/{id}' },
  { functionName: asFunctionName('me'), text: 'GET /users/me' },
  { functionName: asFunctionName('rest'), text: 'ANY /files/{path+}' },
  { functionName: asFunctionName('deep'), text: 'GET /files/a/{rest+}' },
  { functionName: asFunctionName('exact'), text: 'GET /files/a/b' },
  { functionName: asFunctionName('root'), text: 'GET /' },
  { functionName: asFunctionName('hello'), text: 'GET /other/{a}/{b}' },
  { functionName: asFunctionName('caught'), text: 'ANY /hello/taken' },
  { functionName: asFunctionName('encoded'), text: 'GET /caf%C3%A9' },
  { functionName: asFunctionName('proto'), text: 'GET /p/{__proto__}' },
]);
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
      const hit = TABLE.find(method, path, exists);
      const plain = hit?.pathParameters === undefined ? undefined : { ...hit.pathParameters };
      assert.deepEqual({ ...hit, pathParameters: plain }, { functionName, routeKey, pathParameters, rawPath });
    });
  }

  for (const request of [
    'POST /',
    'GET /nobody',
    'GET /files',
    'GET /files/',
    'GET //hello',
    'GET hello',
    'OPTIONS *',
    'GET /..%2f',
    'POST /other/1/2',
  ]) {
    test(`${request} runs nothing`, () => {
      const [method = '', path = ''] = request.split(' ');
      assert.equal(TABLE.find(method, path, exists), undefined);
    });
  }

  test("treats '__proto__' as an ordinary name", () => {
    const hit = TABLE.find('GET', '/p/x', exists);
    assert.equal(JSON.stringify(hit?.pathParameters), '{"__proto__":"x"}');
  });

  test('names the routes most similar to an unmatched path', () => {
    assert.deepEqual(TABLE.near('/other/1'), ['GET /other/{a}/{b}']);
    assert.deepEqual(new RouteTable([]).near('/x'), []);
  });

  test('ignores invalid routes', () => {
    assert.equal(
      new RouteTable([{ functionName: asFunctionName('f'), text: 'nonsense' }]).find('GET', '/nonsense', () => false),
      undefined,
    );
  });
});
