import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AsyncResult } from '../../src/contract/index.ts';
import { edgeHouse, WAYS, type Answer, type EdgeHouse } from '../support/edge-house.ts';

interface HttpEvent {
  readonly rawPath: string;
  readonly body?: string;
  readonly requestContext: { readonly requestId: string; readonly http: { readonly method: string } };
}

for (const way of WAYS)
  describe(`requests that are queued (${way})`, () => {
    let house: EdgeHouse;
    const seen: { readonly event: HttpEvent; readonly requestId: string; readonly http: boolean | undefined }[] = [];

    before(async () => {
      house = await edgeHouse(
        {
          job: ({ event, context }) => {
            const text = Buffer.from(event).toString();
            seen.push({ event: JSON.parse(text) as HttpEvent, requestId: context.requestId, http: context.http });
            return Promise.resolve({ kind: 'result', payload: Buffer.from('{"statusCode":418}') });
          },
        },
        { way },
      );
    });
    after(() => house[Symbol.asyncDispose]());

    const post = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
      house.ask(path, { method: 'POST', headers, body: 'hello' });
    const ended = async (id: string): Promise<AsyncResult> =>
      (await house.control(`/_lam/v1/invocations/${id}?wait=60000`)).json() as unknown as AsyncResult;

    /** Asserts that a request was queued, and that its event ran once with the id of the answer. */
    async function queued(answer: Answer): Promise<void> {
      assert.deepEqual([answer.status, answer.text], [202, '']);
      const id = String(answer.headers['x-amzn-requestid']);
      assert.equal(answer.headers.location, `/_lam/v1/invocations/${id}`);
      assert.equal((await ended(id)).state, 'COMPLETED');
      const [run, ...others] = seen.splice(0);
      assert.deepEqual([others, run?.requestId, run?.event.requestContext.requestId, run?.http], [[], id, id, true]);
      assert.equal(run?.event.requestContext.http.method, 'POST');
    }

    test('are those whose client prefers it, and the answer says so', async () => {
      await house.publish('job', { routes: ['POST /jobs/{id}'] });
      for (const prefer of ['respond-async', 'return=minimal, respond-async; wait=10', 'Respond-Async']) {
        const answer = await post('/jobs/7', { prefer });
        assert.equal(answer.headers['preference-applied'], 'respond-async');
        await queued(answer);
      }
      for (const prefer of ['wait=10', 'respond-asynchronously', '']) {
        const answer = await post('/job', { prefer });
        assert.deepEqual([answer.status, answer.headers['preference-applied']], [418, undefined], prefer);
      }
      seen.length = 0;
    });

    test('are all of a function with `async`, but for routes that say otherwise', async () => {
      const sync = { route: 'POST /now', async: false };
      await house.publish('job', { async: true, routes: ['POST /later', sync] });
      for (const path of ['/later', '/job']) {
        const answer = await post(path);
        assert.equal(answer.headers['preference-applied'], undefined);
        await queued(answer);
      }
      assert.equal((await post('/now', { prefer: 'respond-async' })).status, 418);
      seen.length = 0;
    });

    test('are those of a route with `async`', async () => {
      await house.publish('job', { routes: [{ route: 'POST /later', async: true }] });
      await queued(await post('/later'));
      assert.equal((await post('/job')).status, 418);
      seen.length = 0;
    });

    test('are answered 413, at once or queued, if the event is too long with its body as base64', async () => {
      await house.publish('job', { routes: ['POST /now', { route: 'POST /later', async: true }] });
      const body = Buffer.alloc(5_000_000, 0xff);
      const before = house.arrivals();
      for (const [path, headers] of [
        ['/now', {}],
        ['/now', { prefer: 'respond-async' }],
        ['/later', {}],
      ] as const) {
        const answer = await house.ask(path, { method: 'POST', headers, body });
        assert.deepEqual([answer.status, answer.json()['code']], [413, 'LAM_EDGE_PAYLOAD_TOO_LARGE'], path);
      }
      assert.deepEqual([seen, house.arrivals()], [[], before]);
    });

    test('are answered 429 beyond the bound of waiting events, and not accepted', async () => {
      await house.publish('job', { async: true, maximumQueuedEvents: 0 });
      const answer = await post('/job');
      assert.deepEqual([answer.status, answer.json()['code']], [429, 'LAM_OPERATIONS_EVENTS_FULL']);
      assert.deepEqual(seen, []);
    });
  });
