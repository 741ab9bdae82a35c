import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { controlApi } from '../../../../../src/edge/apis/control/api.ts';
import { problemOf } from '../../../../../src/edge/apis/control/problem.ts';
import { lamError } from '../../../../../src/errors/index.ts';
import type { Router } from '../../../../../src/router/index.ts';
import { systemClock } from '../../../../../src/kit/index.ts';
import type { IdempotentChanges } from '../../../../../src/edge/index.ts';
import type { ApiCallers } from '../../../../../src/edge/callers.ts';
import { failureOf } from '../../../../support/api-server.ts';
import { edgeHouse, type EdgeHouse } from '../../../../support/edge-house.ts';

describe("lam's own API", () => {
  let house: EdgeHouse;
  before(async () => {
    house = await edgeHouse();
  });
  after(() => house[Symbol.asyncDispose]());

  test('answers JSON', async () => {
    const answer = await house.control('/_lam/v1/functions');
    assert.deepEqual([answer.status, answer.headers['content-type'], answer.json()], [200, 'application/json', []]);
  });

  test('sends errors in the form from which the client restores them', async () => {
    const answer = await house.control('/_lam/v1/functions/nobody');
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    const { detail, hint, ...problem } = answer.json();
    assert.deepEqual(problem, {
      type: 'docs/errors.md#lam_registry_function_not_found',
      title: 'Function not found',
      status: 404,
      code: 'LAM_REGISTRY_FUNCTION_NOT_FOUND',
      details: { name: 'nobody' },
    });
    assert.match(String(detail), /nobody/);
    assert.equal(typeof hint, 'string');
  });

  test('sends Retry-After', async () => {
    const api = controlApi({
      // Only `fail` is called.
      callers: {} as ApiCallers,
      router: {} as Router,
      idempotent: {} as IdempotentChanges,
      clock: systemClock,
    });
    const closed = lamError('LAM_POOL_CLOSED', {});
    const answer = await failureOf(api, closed);
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1']);
    assert.deepEqual(JSON.parse(answer.body), problemOf(closed));
    const wrong = await failureOf(api, lamError('LAM_EDGE_BAD_REQUEST', { what: 'x' }));
    assert.deepEqual([wrong.status, wrong.headers.get('retry-after')], [400, undefined]);
  });

  test('answers health checks without a token, and nothing else on the port', async () => {
    assert.deepEqual((await house.ask('/_lam/health')).json(), { status: 'ok' });
    const refused = await house.ask('/_lam/v1/status');
    assert.equal(refused.status, 403);
    assert.equal((await house.ask('/_lam/nothing')).status, 403, 'what there is, is not told either');
    assert.equal((await house.control('/_lam/nothing')).status, 404);
  });

  test('streams logs as lines of JSON', async () => {
    await house.publish('hello');
    const answer = await house.control('/_lam/v1/functions/hello/logs');
    assert.deepEqual([answer.status, answer.headers['content-type'], answer.text], [200, 'application/x-ndjson', '']);
  });
});
