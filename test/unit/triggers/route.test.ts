import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRoute, routeKey } from '../../../src/triggers/http/route.ts';

describe('parseRoute', () => {
  test('takes literals, parameters and a greedy tail apart', () => {
    assert.deepEqual(parseRoute('GET /users/{id}/files/{rest+}'), {
      method: 'GET',
      segments: [
        { kind: 'literal', value: 'users' },
        { kind: 'param', value: 'id' },
        { kind: 'literal', value: 'files' },
        { kind: 'greedy', value: 'rest' },
      ],
    });
  });

  test('gives no segments for the root', () => {
    assert.deepEqual(parseRoute('ANY /'), { method: 'ANY', segments: [] });
  });

  for (const text of [
    '',
    'GET',
    '/users',
    'get /users',
    'FETCH /users',
    'GET users',
    'GET //users',
    'GET /users/',
    'GET /a b',
    'GET /{rest+}/more',
    'GET /{id}/{id}',
    'GET /{}',
    'GET /x{id}',
    'GET /a/../b',
    'GET /?q=1',
    'GET /_lam/v1/status',
  ]) {
    test(`says what is wrong with ${JSON.stringify(text)}`, () => {
      const answer = parseRoute(text);
      assert.ok('fault' in answer && answer.fault.length > 0, JSON.stringify(answer));
    });
  }

  test('routes that match the same requests have one key', () => {
    const keys = ['GET /a/{x}', 'GET /a/{y}'].map((text) => {
      const route = parseRoute(text);
      assert.ok(!('fault' in route));
      return routeKey(route);
    });
    assert.equal(keys[0], keys[1]);
  });
});
