import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTROL_ROUTES } from '../../../src/edge/apis/control/routes/list.ts';
import { LamClient } from '../../../src/client/index.ts';

test('a client has a method for each operation of the API, and no other', () => {
  const client = new LamClient({ home: '/nowhere' });
  const methods = Object.entries(client).flatMap(([resource, calls]) =>
    Object.keys(calls as object).map((method) => `${resource}.${method}`),
  );
  assert.deepEqual(methods.toSorted(), CONTROL_ROUTES.map(({ id }) => id).toSorted());
});

test('a client refuses what is no URL of a daemon, and says where nobody answers', async () => {
  for (const url of ['localhost:8000', 'ftp://localhost', ''])
    assert.throws(() => new LamClient({ url }), { code: 'LAM_CLIENT_BAD_URL' });
  const nobody = new LamClient({ url: 'http://127.0.0.1:9/below/' });
  await assert.rejects(nobody.functions.list(), {
    code: 'LAM_CLIENT_UNREACHABLE',
    details: { url: 'http://127.0.0.1:9/below/', what: 'ECONNREFUSED' },
  });
  await assert.rejects(new LamClient({ home: '/nowhere' }).daemon.status(), { code: 'LAM_CLIENT_DAEMON_NOT_RUNNING' });
});
