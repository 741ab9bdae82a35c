import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { KEY_SCOPES } from '../../src/contract/index.ts';
import { CONTROL_ROUTES } from '../../src/edge/apis/control/routes/list.ts';
import type { ControlRoute } from '../../src/edge/apis/control/route.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';

describe("the scope that lam's own API names for an operation", () => {
  let house: EdgeHouse;
  const keys = new Map<string, string>();
  before(async () => {
    house = await edgeHouse();
    for (const scope of KEY_SCOPES) {
      const body = JSON.stringify({ name: scope, scopes: [scope] });
      keys.set(scope, String((await house.control('/_lam/v1/keys', { method: 'POST', body })).json()['key']));
    }
  });
  after(() => house[Symbol.asyncDispose]());

  const isAllowed = async ({ method, path, takes }: ControlRoute, scope: string): Promise<boolean> => {
    const target = `/_lam/v1${path.replace('{version}', '1').replaceAll(/\{\w+\}/g, 'nothing')}`;
    const headers = { 'x-api-key': keys.get(scope), ...(takes === undefined ? {} : { 'content-type': takes[0] }) };
    const body = path.endsWith('/merge') ? { artifacts: [] } : path === '/keys/{key}' ? { quota: null } : undefined;
    const sent = method === 'GET' || body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await house.ask(target, { method, headers, ...sent });
    return answer.status < 400 || answer.json()['code'] !== 'LAM_OPERATIONS_NOT_ALLOWED';
  };

  test('is enough for it', async () => {
    for (const route of CONTROL_ROUTES)
      if (route.id !== 'daemon.stop') assert.ok(await isAllowed(route, route.scope), route.id);
  });

  // Those with required bodies are refused for their shape before.
  const WITHOUT_BODY = CONTROL_ROUTES.filter(({ body, takes }) => body === undefined && takes === undefined);
  test('is more than reading where it is not reading', async () => {
    for (const route of WITHOUT_BODY.filter(({ scope }) => scope !== 'read'))
      assert.equal(await isAllowed(route, 'read'), false, route.id);
  });

  test('of invocations is not enough to read', async () => {
    for (const route of WITHOUT_BODY.filter(({ scope, id }) => scope === 'read' && id !== 'daemon.status'))
      if (!/\{(id|artifact)\}|invocations/.test(route.path))
        assert.equal(await isAllowed(route, 'invoke'), false, route.id);
  });
});
