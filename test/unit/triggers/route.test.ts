import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRoute, routeKey } from '../../../src/triggers/http/route.ts';

describe('parseRoute', () => {
  test('splits a route into literals, parameters and a greedy tail', () => {
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

  test('returns no segments for the root', () => {
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
    test(`reports the fault of ${JSON.stringify(text)}`, () => {
      const answer = parseRoute(text);
      assert.ok('fault' in answer && answer.fault.length > 0, JSON.stringify(answer));
    });
  }

  test('routes that match the same requests have the same key', () => {
    const keys = ['GET /a/{x}', 'GET /a/{y}'].map((text) => {
      const route = parseRoute(text);
      assert.ok(!('fault' in route));
      return routeKey(route);
    });
    assert.equal(keys[0], keys[1]);
  });
});
