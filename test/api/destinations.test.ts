import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { AsyncPage, AsyncResult, ConfigInput } from '../../src/contract/index.ts';
import { systemClock, type Clock } from '../../src/kit/index.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';

/** Runs a hundred times as fast as the system's, so that nobody waits long for the next attempt. */
const QUICK_CLOCK: Clock = {
  ...systemClock,
  after: (ms, run) => systemClock.after(ms / 100, run),
  every: (ms, run) => systemClock.every(ms, run),
};

interface DestinationRecord {
  readonly requestContext: { readonly requestId: string; readonly condition: string };
  readonly requestPayload: unknown;
  readonly responsePayload: unknown;
}

/** A server that answers with the statuses it is given, then 200, and keeps what it received. */
class Receiver {
  readonly received: { readonly request: IncomingMessage; readonly body: string }[] = [];
  statuses: number[] = [];
  readonly #server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      this.received.push({ request, body });
      response.writeHead(this.statuses.shift() ?? 200, { location: '/elsewhere' }).end('said so');
    });
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('destinations', () => {
  let house: EdgeHouse;
  let url: string;
  const receiver = new Receiver();
  /** Events that `audit` was given. */
  const audited: DestinationRecord[] = [];
  let loops = 0;

  before(async () => {
    url = await receiver.listen();
    const fail = (): Promise<{ kind: 'error'; payload: Buffer; errorType: string }> =>
      Promise.resolve({ kind: 'error', payload: Buffer.from('{"errorType":"Odd"}'), errorType: 'Odd' });
    house = await edgeHouse(
      {
        bad: fail,
        audit: ({ event }) => {
          audited.push(JSON.parse(Buffer.from(event).toString()) as DestinationRecord);
          return Promise.resolve({ kind: 'result', payload: Buffer.from('"noted"') });
        },
        loop: () => {
          loops++;
          return Promise.resolve({ kind: 'result', payload: Buffer.from('1') });
        },
      },
      { clock: QUICK_CLOCK },
    );
    await house.publish('audit');
  });
  after(async () => {
    await house[Symbol.asyncDispose]();
    receiver.close();
  });

  const accept = async (name: string, body: string): Promise<string> => {
    const answer = await house.ask(`/2015-03-31/functions/${name}/invocations`, {
      method: 'POST',
      headers: { 'x-amz-invocation-type': 'Event' },
      body,
    });
    assert.equal(answer.status, 202, answer.text);
    return String(answer.headers['x-amzn-requestid']);
  };
  const get = async (id: string): Promise<AsyncResult> => {
    for (;;) {
      const answer = await house.control(`/_lam/v1/invocations/${id}?wait=60000`);
      const result = answer.json() as unknown as AsyncResult;
      if (!/PENDING|RUNNING/.test(result.state)) return result;
    }
  };
  const list = async (query: string): Promise<AsyncPage['invocations']> =>
    ((await house.control(`/_lam/v1/invocations?${query}`)).json() as unknown as AsyncPage).invocations;
  /** The delivery of the record of an invocation, once it has finished. */
  const delivery = async (name: string, id: string): Promise<AsyncResult> => {
    for (;;) {
      const found = (await list(`function=${encodeURIComponent(name)}`)).find(
        ({ origin }) => origin.kind === 'trigger' && origin.id === id,
      );
      if (found !== undefined && !/PENDING|RUNNING/.test(found.state)) return get(found.id);
    }
  };
  const refusal = async (config: ConfigInput): Promise<string> =>
    house.publish('hello', config).then(
      () => 'accepted',
      (error: unknown) => String(error),
    );

  test('a function gets the record of an event that failed for good, which is then no dead letter', async () => {
    await house.publish('bad', { onFailure: 'function:audit', maximumRetryAttempts: 1 });
    const id = await accept('bad', '{"n":1}');
    const failed = await get(id);
    assert.deepEqual([failed.state, failed.dead, failed.attempts], ['FAILED', undefined, 2]);
    const sent = await delivery('bad:onFailure', id);
    assert.equal(sent.state, 'COMPLETED');
    const [run] = await list('function=audit');
    assert.equal((await get(run?.id ?? '')).state, 'COMPLETED');
    const [record] = audited.splice(0);
    assert.deepEqual([record?.requestContext.requestId, record?.requestContext.condition], [id, 'RetriesExhausted']);
    assert.deepEqual([record?.requestPayload, record?.responsePayload], [{ n: 1 }, { errorType: 'Odd' }]);
  });

  test('a file gets a line for each record, and an event without a destination for its outcome none', async () => {
    await house.publish('hello', { onSuccess: { type: 'file', path: 'out/hello.jsonl' }, onFailure: 'function:audit' });
    const ids = [await accept('hello', '{"n":1}'), await accept('hello', '{"n":2}')];
    for (const id of ids) assert.equal((await delivery('hello:onSuccess', id)).state, 'COMPLETED');
    const text = await readFile(join(house.paths.destinations, 'out/hello.jsonl'), 'utf8');
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as DestinationRecord);
    assert.deepEqual(records.map(({ requestContext }) => requestContext.requestId).toSorted(), ids.toSorted());
    assert.deepEqual(await list('function=hello%3AonFailure'), []);
  });

  test('a URL gets the record until it answers 2xx, with the same id and with secrets of the environment', async () => {
    receiver.statuses = [503, 302];
    await house.publish('hello', {
      onSuccess: { type: 'http', url: `${url}/\${WHERE}`, headers: { authorization: 'Bearer ${TOKEN}' } },
      environment: { WHERE: 'hook', TOKEN: 's3cret' },
    });
    const id = await accept('hello', '{"n":3}');
    const sent = await delivery('hello:onSuccess', id);
    assert.deepEqual([sent.state, sent.attempts], ['COMPLETED', 3]);
    const [first, ...others] = receiver.received.splice(0);
    assert.equal(others.length, 2);
    assert.equal(first?.request.url, '/hook');
    assert.equal(first?.request.headers.authorization, 'Bearer s3cret');
    assert.equal(first?.request.headers['x-lam-request-id'], sent.id);
    assert.equal((JSON.parse(first?.body ?? '') as DestinationRecord).requestContext.requestId, id);
  });

  test('that fail stay visible with the reason, without secrets, and are tried with corrected settings', async () => {
    receiver.statuses = Array.from({ length: 3 }, () => 500);
    await house.publish('hello', { onSuccess: `${url}/\${TOKEN}`, environment: { TOKEN: 's3cret' } });
    const id = await accept('hello', '{}');
    let found: AsyncResult | undefined;
    while ((found?.attempts ?? 0) < 1) {
      const [one] = await list('function=hello%3AonSuccess&state=pending');
      if (one === undefined) continue;
      found = (await house.control(`/_lam/v1/invocations/${one.id}`)).json() as unknown as AsyncResult;
    }
    assert.equal(found?.history[0]?.errorType, 'LAM_TRIGGERS_DESTINATION_FAILED');
    assert.match(found?.payload ?? '', /could not be sent to 127\.0\.0\.1:\d+ \(onSuccess\): it answered 500: said so/);
    assert.doesNotMatch(JSON.stringify(found), /s3cret/);
    await house.publish('hello', { onSuccess: 'file:corrected.jsonl' });
    assert.equal((await delivery('hello:onSuccess', id)).state, 'COMPLETED');
    assert.match(await readFile(join(house.paths.destinations, 'corrected.jsonl'), 'utf8'), new RegExp(id));
    receiver.received.length = 0;
    receiver.statuses = [];
  });

  test('of whose refusal only the beginning is read', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const endless = createServer((_, response) => {
      const more = (): void => {
        do sent += chunk.length;
        while (response.write(chunk));
      };
      response.writeHead(500).on('drain', more);
      more();
    });
    endless.listen(0, '127.0.0.1');
    await once(endless, 'listening');
    try {
      const to = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`;
      await house.publish('hello', { onSuccess: to });
      // Whether it ends or resets the connection.
      const gone = new Promise((resolve) => {
        endless.once('connection', (socket: Socket) => socket.once('close', resolve));
      });
      const id = await accept('hello', '{}');
      await gone;
      assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes`);
      await house.publish('hello', { onSuccess: 'file:ended.jsonl' });
      assert.equal((await delivery('hello:onSuccess', id)).state, 'COMPLETED');
    } finally {
      endless.closeAllConnections();
      endless.close();
    }
  });

  test('that lead back to their function end after 16, and the last event is a dead letter', async () => {
    await house.publish('loop', { onSuccess: 'function:loop', onFailure: 'function:loop' });
    await accept('loop', '0');
    let dead: AsyncPage['invocations'] = [];
    while (dead.length === 0) dead = await list('dead=1&function=loop');
    assert.deepEqual([dead[0]?.dead, loops], ['RecursiveInvocation', 16]);
  });

  test('are refused by shape, and with passwords or headers that would be shown', async () => {
    const cases: [ConfigInput, RegExp][] = [
      [{ onFailure: 'nowhere' }, /onFailure: 'nowhere' is not a destination; use function:NAME/],
      [{ onFailure: 'function:a b' }, /names 'a b', which is not the name of a function/],
      [{ onSuccess: 'file:../x' }, /onSuccess: the destination has the path '\.\.\/x'/],
      [{ onSuccess: 'file:/etc/x' }, /relative path/],
      [{ onSuccess: { type: 'odd' } }, /type must be one of function, http, file/],
      [{ onSuccess: { type: 'rabbitmq', url: 'amqp://a:b@c', queue: 'q' } }, /must not contain a password/],
      [{ onSuccess: { type: 'http', url: 'http://a', headers: { authorization: 'x' } } }, /'authorization'/],
      [{ onSuccess: { type: 'redis', url: 'redis://a' } }, /stream is missing/],
      [{ maximumRetryAttempts: -1 }, /maximumRetryAttempts: -1 is not between 0 and 1000/],
      [{ maximumEventAgeMs: 1 }, /maximumEventAgeInSeconds/],
      [{ eventVersion: 'x' as never }, /eventVersion: must be 'run' or 'acceptance'/],
    ];
    for (const [config, text] of cases) assert.match(await refusal(config), text);
  });
});
