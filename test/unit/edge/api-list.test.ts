import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { ApiList } from '../../../src/edge/api-list.ts';
import type { RequestHead } from '../../../src/edge/request.ts';
import { lamError } from '../../../src/errors/index.ts';
import { testApi } from '../../support/api-server.ts';

function head(path: string): RequestHead {
  return { method: 'GET', path, query: '', headers: {}, rawHeaders: [], httpVersion: '1.1', socket: new Socket() };
}

const below = (prefix: string) => ({
  name: prefix,
  match: ({ path }: RequestHead) => (path.startsWith(prefix) ? path.slice(prefix.length) : undefined),
});

describe('a list of APIs', () => {
  test('matches them in order, and the first match serves the request', () => {
    const list = new ApiList([testApi(below('/a/b/')), testApi(below('/a/')), testApi(below('/'))]);
    const claims = ['/a/b/c', '/a/c', '/c'].map((path) => list.claim(head(path)));
    assert.deepEqual(
      claims.map(({ api, plan }) => [api.name, plan]),
      [
        ['/a/b/', 'c'],
        ['/a/', 'c'],
        ['/', 'c'],
      ],
    );
  });

  test('turns an error that match returns or throws into the fault of the claim', () => {
    const error = lamError('LAM_EDGE_BAD_NAME', { name: 'x' });
    const returns = testApi({ name: 'returns', match: ({ path }) => (path === '/returns' ? error : undefined) });
    const throws = testApi({
      name: 'throws',
      match() {
        throw error;
      },
    });
    const list = new ApiList([returns, throws]);
    for (const name of ['returns', 'throws']) {
      const claim = list.claim(head(`/${name}`));
      assert.deepEqual([claim.api.name, claim.fault, claim.plan], [name, error, undefined]);
    }
  });

  test('lets the last one answer unmatched requests, with similar paths of all APIs', () => {
    const list = new ApiList([
      testApi({ ...below('/a/'), near: (path) => [`${path}1`] }),
      testApi(below('/b/')),
      testApi({ ...below('/c/'), near: (path) => [`${path}2`] }),
    ]);
    const { api, fault } = list.claim(head('/x'));
    assert.equal(api.name, '/c/');
    assert.equal(fault?.code, 'LAM_EDGE_NOT_FOUND');
    assert.match(fault?.hint ?? '', /\/x1, \/x2/);
  });

  test('has the same epoch until a generation changes', () => {
    let one: unknown = 1;
    let two: unknown = {};
    const list = new ApiList([testApi({ generation: () => one }), testApi({}), testApi({ generation: () => two })]);
    const first = list.epoch();
    assert.equal(list.epoch(), first);
    one = 2;
    const second = list.epoch();
    assert.notEqual(second, first);
    two = {};
    assert.notEqual(list.epoch(), second);
  });

  test('refuses an unauthorized request before it reports a fault of the request', () => {
    const denied = lamError('LAM_EDGE_TOKEN_NEEDED', {});
    const fault = lamError('LAM_EDGE_BAD_NAME', { name: 'x' });
    const closed = new ApiList([testApi({ match: () => fault, authorize: () => denied })]);
    assert.equal(closed.refusal(closed.claim(head('/'))), denied);
    const open = new ApiList([testApi({ match: () => fault })]);
    assert.equal(open.refusal(open.claim(head('/'))), fault);
  });

  test('refuses a request when authorize throws', () => {
    const list = new ApiList([
      testApi({
        authorize() {
          throw new Error('the store of keys is broken');
        },
      }),
    ]);
    assert.equal(list.refusal(list.claim(head('/')))?.kind, 'internal');
  });
});
