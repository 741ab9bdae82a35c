import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePrefix, parseRoute, pathShape } from '../../../src/triggers/http/route.ts';

describe('parseRoute', () => {
  test('splits a route into literals, parameters and a greedy tail', () => {
    assert.deepEqual(parseRoute('GET /users/{id}/files/{rest+}'), {
      methods: ['GET'],
      segments: [
        { kind: 'literal', value: 'users' },
        { kind: 'param', value: 'id' },
        { kind: 'literal', value: 'files' },
        { kind: 'greedy', value: 'rest' },
      ],
    });
  });

  test('returns no segments for the root', () => {
    assert.deepEqual(parseRoute('ANY /'), { methods: ['ANY'], segments: [] });
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
    'GET|get /a',
    'GET|GET /a',
    'GET|ANY /a',
    '| /a',
    '$default /',
  ]) {
    test(`reports the fault of ${JSON.stringify(text)}`, () => {
      const answer = parseRoute(text);
      assert.ok('fault' in answer && answer.fault.length > 0, JSON.stringify(answer));
    });
  }

  test('takes several methods, and the default route', () => {
    assert.deepEqual(parseRoute('GET|POST /'), { methods: ['GET', 'POST'], segments: [] });
    assert.deepEqual(parseRoute('$default'), { methods: ['ANY'], segments: [{ kind: 'rest', value: '' }] });
  });

  test('takes prefixes without parameters', () => {
    assert.deepEqual(parsePrefix('/'), []);
    assert.deepEqual(
      parsePrefix('/a/b'),
      ['a', 'b'].map((value) => ({ kind: 'literal', value })),
    );
    for (const text of ['', 'a', '/a/', '/{x}', '/a//b', '/..']) assert.ok('fault' in parsePrefix(text), text);
  });

  test('routes that match the same requests have the same key', () => {
    const keys = ['GET /a/{x}', 'GET /a/{y}'].map((text) => {
      const route = parseRoute(text);
      assert.ok(!('fault' in route));
      return pathShape(route.segments);
    });
    assert.equal(keys[0], keys[1]);
  });
});
