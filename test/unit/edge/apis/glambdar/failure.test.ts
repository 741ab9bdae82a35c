import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sendFailure } from '../../../../../src/edge/apis/glambdar/failure.ts';
import { lamError, type LamError } from '../../../../../src/errors/index.ts';
import { failureOf } from '../../../../support/api-server.ts';

/** Errors, with the status and text that Glambdar has for them. */
const ANSWERS: readonly (readonly [error: LamError, status: number, text: string])[] = [
  [lamError('LAM_EDGE_FORM_WITHOUT_ZIP', {}), 400, 'missing zip file'],
  [lamError('LAM_EDGE_RATE_LIMIT_BODY', {}), 400, 'invalid request body'],
  [lamError('LAM_EDGE_KEY_REFUSED', { isMissing: true }), 401, 'missing API key'],
  [lamError('LAM_EDGE_KEY_REFUSED', { isMissing: false }), 401, 'invalid API key'],
  [
    lamError('LAM_EDGE_ROLE_REFUSED', { key: 'k', role: 'viewer', method: 'POST', route: '/deploy' }),
    403,
    'insufficient permissions: viewer cannot POST /deploy',
  ],
  [lamError('LAM_EDGE_KEY_REQUEST', { what: 'invalid key ID' }), 400, 'invalid key ID'],
  [lamError('LAM_EDGE_KEY_EXISTS', {}), 409, 'a key with this name already exists'],
  [lamError('LAM_EDGE_KEY_NOT_FOUND', {}), 404, 'key not found'],
  [lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name: 'x' }), 404, 'Function not found!'],
];

describe("errors in Glambdar's form", () => {
  for (const [error, status, text] of ANSWERS)
    test(`${error.code} is ${status} '${text}', and nothing beside it`, async () => {
      const answer = await failureOf({ fail: sendFailure }, error);
      assert.deepEqual([answer.status, JSON.parse(answer.body.toString())], [status, { error: text }]);
    });

  test('those that Glambdar does not have come with code and hint', async () => {
    const error = lamError('LAM_EDGE_FUNCTION_EXISTS', { name: 'x' });
    const answer = await failureOf({ fail: sendFailure }, error);
    const { code, hint, message } = error;
    assert.deepEqual([answer.status, JSON.parse(answer.body.toString())], [409, { error: message, code, hint }]);
  });
});
