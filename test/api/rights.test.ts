import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AuditEntry, KeyScope } from '../../src/contract/index.ts';
import { isLamError } from '../../src/errors/index.ts';
import { guardedOperations, type ApiCaller, type Operations } from '../../src/operations/index.ts';
import { RULES } from '../../src/operations/rights/rules.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';

type Noted = Omit<AuditEntry, 'time'>;

function callerWith(scopes: readonly KeyScope[], functions: readonly string[] = []): ApiCaller {
  return { actor: { kind: 'key', name: 'k' }, api: 'test', from: 'here', rights: { scopes, functions } };
}

/** The code with which an operation is refused; `done` if it is not. */
async function outcome(run: () => unknown): Promise<string> {
  try {
    await run();
    return 'done';
  } catch (error) {
    if (isLamError(error)) return error.code;
    throw error;
  }
}

describe('operations as a key may use them', () => {
  let house: EdgeHouse;
  let noted: Noted[];
  const as = (caller: ApiCaller): Operations => {
    noted = [];
    return guardedOperations(house.operations, { note: (entry) => void noted.push(entry) })(caller);
  };
  before(async () => {
    house = await edgeHouse({
      fails: () => Promise.resolve({ kind: 'error', payload: Buffer.from('{}'), errorType: 'E' }),
    });
    for (const name of ['orders', 'fails']) await house.publish(name, { maximumRetryAttempts: 0 });
  });
  after(() => house[Symbol.asyncDispose]());

  test('are all refused to one without scopes, before anything happens, and noted', async () => {
    const operations = as(callerWith([])) as unknown as Record<string, Record<string, (...args: unknown[]) => unknown>>;
    const argument = { name: 'orders', functionName: 'orders', type: 't', version: 1, ids: [] };
    let count = 0;
    for (const [subject, methods] of Object.entries(RULES))
      for (const method of Object.keys(methods)) {
        const said = await outcome(() => operations[subject]?.[method]?.(argument, argument, argument));
        assert.equal(said, 'LAM_OPERATIONS_NOT_ALLOWED', `${subject}.${method}`);
        count++;
      }
    assert.equal(noted.length, count);
    assert.ok(noted.every(({ outcome: how, code }) => how === 'refused' && code === 'LAM_OPERATIONS_NOT_ALLOWED'));
    assert.equal(house.stops(), 0);
  });

  test('on names of images, which all functions share, are refused to one for some functions', async () => {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {};
    const { images } = as(callerWith(['invoke', 'deploy', 'read'], ['orders']));
    assert.equal(await outcome(() => images.receive(pieces())), 'LAM_OPERATIONS_NOT_ALLOWED');
    assert.equal(await outcome(() => images.remove('other:latest')), 'LAM_OPERATIONS_NOT_ALLOWED');
    assert.deepEqual(
      noted.map(({ operation, outcome: how }) => `${operation} ${how}`),
      ['images.receive refused', 'images.remove refused'],
    );
    const all = as(callerWith(['deploy'])).images;
    assert.equal(await outcome(() => all.receive(pieces())), 'LAM_STORE_IMAGE_INVALID');
    assert.equal(await outcome(() => all.remove('other:latest')), 'LAM_OPERATIONS_IMAGE_NOT_FOUND');
  });

  test('on events reach those of its functions alone, also by their ids', async () => {
    const accept = async (name: string): Promise<string> => {
      const headers = { 'x-amz-invocation-type': 'Event' };
      const answer = await house.control(`/2015-03-31/functions/${name}/invocations`, {
        method: 'POST',
        headers,
        body: '{}',
      });
      const id = String(answer.headers['x-amzn-requestid']);
      await house.operations.async.get(id as never, 10_000);
      return id;
    };
    const own = await accept('orders');
    const dead = await accept('fails');
    assert.equal(await house.operations.async.countDead({}), 1);
    const { async } = as(callerWith(['invoke', 'deploy', 'read'], ['orders']));
    const refused = 'LAM_OPERATIONS_NOT_ALLOWED';
    assert.equal(await outcome(() => async.get(own as never, 0)), 'done');
    assert.equal(await outcome(() => async.get(dead as never, 0)), refused);
    assert.equal(await outcome(() => async.eventOf(dead as never)), refused);
    assert.equal(await outcome(() => async.retry(dead as never, undefined)), refused);
    assert.equal(await outcome(() => async.purge({})), refused);
    assert.equal(await outcome(() => async.purge({ ids: [dead as never] })), refused);
    assert.equal(await outcome(() => async.purge({ functionName: 'fails' as never })), refused);
    assert.equal(await outcome(() => async.purge({ functionName: 'orders' as never, ids: [dead as never] })), refused);
    assert.equal(await outcome(() => async.redrive({ functionName: 'fails' as never })), refused);
    assert.equal(await outcome(() => async.purge({ functionName: 'orders' as never })), 'done');
    assert.equal(await outcome(() => async.get('0'.repeat(8) as never, 0)), 'LAM_OPERATIONS_INVOCATION_NOT_FOUND');
    assert.deepEqual(Object.keys(await async.counts()), ['orders']);
    assert.equal(await house.operations.async.countDead({}), 1, 'nothing of others is gone');
  });
});
