import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as send, type IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { decodeErrorHeader, INVOKE, LIMITS } from '../../src/contract/index.ts';
import type { MemoryCall } from '../support/memory-driver.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { edgeHouse, WAYS, type EdgeHouse, type Handlers } from '../support/edge-house.ts';
import { CLOSED, ifCode } from '../support/if-code.ts';

const invoke = INVOKE.path;
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';

for (const way of WAYS)
  describe(`Invoke, through ${way}`, () => {
    let house: EdgeHouse;
    let lastCall: MemoryCall | undefined;
    before(async () => {
      const handlers: Handlers = {
        hello: (call) => {
          lastCall = call;
          call.print('stdout', 'from inside');
          return Promise.resolve({ kind: 'result', payload: call.event });
        },
        fails: () =>
          Promise.resolve({ kind: 'error', payload: Buffer.from('{ "odd":  "bytes" }'), errorType: 'Error' }),
        dies: (call) => {
          call.sandbox.die({ code: 1, signal: null, outOfMemory: false });
          return new Promise(() => undefined);
        },
        slow: () => new Promise(() => undefined),
        big: () => Promise.resolve({ kind: 'too-large', bytes: 7e6 }),
      };
      house = await edgeHouse(handlers, { way });
      for (const name of ['hello', 'fails', 'dies', 'big']) await house.publish(name);
      await house.publish('hello', { memoryMiB: 256 });
      await house.publish('slow', { timeoutMs: 20 });
      await house.control('/_lam/v1/functions/hello/aliases/prod', { method: 'PUT', body: '{"version":1}' });
    });
    after(() => house[Symbol.asyncDispose]());

    test('answers the payload unchanged, everything else in headers', async () => {
      const answer = await house.ask(invoke('hello'), { method: 'POST', body: '{ "a": 1 }' });
      assert.equal(answer.status, 200);
      assert.equal(answer.text, '{ "a": 1 }');
      assert.equal(answer.headers['content-type'], 'application/json');
      assert.equal(answer.headers['x-amz-executed-version'], '$LATEST');
      assert.equal(answer.headers['x-lam-version'], '2');
      assert.match(
        String(answer.headers['x-amzn-requestid']),
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      assert.equal(answer.headers['x-amzn-requestid'], lastCall?.context.requestId);
      assert.match(
        String(answer.headers['x-amzn-trace-id']),
        /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
      );
      assert.equal(answer.headers['x-amz-function-error'], undefined);
      assert.equal(answer.headers['x-amz-log-result'], undefined);
    });

    test('serves the same on the socket', async () => {
      assert.equal((await house.control(invoke('hello'), { method: 'POST', body: '1' })).text, '1');
    });

    test("treats an empty body as '{}'", async () => {
      for (const body of [undefined, ''])
        assert.equal(
          (await house.ask(invoke('hello'), { method: 'POST', ...(body === undefined ? {} : { body }) })).text,
          '{}',
        );
    });

    const targets: [string, string, string][] = [
      ['a name', 'hello', '$LATEST'],
      ['a name and a version', 'hello:1', '1'],
      ['a name and an alias', 'hello:prod', '1'],
      ['a name and $LATEST', 'hello:$LATEST', '$LATEST'],
      ['a partial ARN', '000000000000:function:hello:1', '1'],
      ['a whole ARN', `${ARN}:prod`, '1'],
      ['an unqualified ARN', ARN, '$LATEST'],
    ];
    for (const [what, target, version] of targets) {
      test(`finds the version by ${what}`, async () => {
        const answer = await house.ask(invoke(target), { method: 'POST', body: '{}' });
        assert.deepEqual([answer.status, answer.headers['x-amz-executed-version']], [200, version]);
      });
    }

    test('finds the version by Qualifier, also with the same one in the name', async () => {
      for (const [path, version] of [
        ['hello?Qualifier=1', '1'],
        ['hello?Qualifier=prod', '1'],
        ['hello?Qualifier=%24LATEST', '$LATEST'],
        ['hello%3Aprod?Qualifier=prod', '1'],
      ]) {
        const answer = await house.ask(`/2015-03-31/functions/${String(path).replace('?', '/invocations?')}`, {
          method: 'POST',
        });
        assert.deepEqual([answer.status, answer.headers['x-amz-executed-version']], [200, version], String(path));
      }
    });

    test('passes the function the requested ARN, deadline, trace id and client context', async () => {
      const clientContext = '{"custom":{"k":"v"}}';
      const before = Date.now();
      await house.ask(invoke('hello:prod'), {
        method: 'POST',
        headers: {
          'x-amz-client-context': Buffer.from(clientContext).toString('base64'),
          'x-amzn-trace-id': 'Root=1-5-6',
        },
      });
      const context = lastCall?.context;
      assert.equal(context?.functionArn, `${ARN}:prod`);
      assert.equal(context?.clientContext, clientContext);
      assert.equal(context?.traceId, 'Root=1-5-6;Lineage=1:6c616d00:1');
      assert.ok((context?.deadlineMs ?? 0) >= before + 3000 && (context?.deadlineMs ?? 0) <= Date.now() + 3000);
    });

    test('replaces a trace id that is invalid for runtimes', async () => {
      const answer = await house.ask(invoke('hello'), {
        method: 'POST',
        headers: { 'x-amzn-trace-id': 'x'.repeat(2000) },
      });
      assert.match(String(answer.headers['x-amzn-trace-id']), /^Root=1-/);
    });

    test('returns the log tail on request', async () => {
      const answer = await house.ask(invoke('hello'), { method: 'POST', headers: { 'x-amz-log-type': 'Tail' } });
      const id = String(answer.headers['x-amzn-requestid']);
      const log = Buffer.from(String(answer.headers['x-amz-log-result']), 'base64').toString();
      assert.match(
        log,
        new RegExp(
          `^START RequestId: ${id} Version: 2\nfrom inside\nEND RequestId: ${id}\nREPORT RequestId: ${id}\tDuration: [0-9.]+ ms\tBilled`,
        ),
      );
    });

    const failures: [string, string, string | RegExp][] = [
      ['fails', 'error', '{ "odd":  "bytes" }'],
      [
        'dies',
        'failure',
        /^\{"errorType":"Runtime.ExitError","errorMessage":"RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 1"\}$/,
      ],
      [
        'slow',
        'timeout',
        /^\{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: [0-9a-f-]{36} Error: Task timed out after 0.02 seconds"\}$/,
      ],
      [
        'big',
        'error',
        /^\{"errorMessage":"Response payload size exceeded .* \(6291556 bytes\)\.","errorType":"Function.ResponseSizeTooLarge"\}$/,
      ],
    ];
    for (const [name, status, body] of failures) {
      test(`answers 200 and Unhandled for a function that ${name}`, async () => {
        const answer = await house.ask(invoke(name), { method: 'POST', body: '{}' });
        assert.deepEqual(
          [answer.status, answer.headers['x-amz-function-error'], answer.headers['x-lam-status']],
          [200, 'Unhandled', status],
        );
        if (typeof body === 'string') assert.equal(answer.text, body);
        else assert.match(answer.text, body);
      });
    }

    test('DryRun answers 204 and runs nothing', async () => {
      lastCall = undefined;
      const answer = await house.ask(invoke('hello'), {
        method: 'POST',
        body: '{}',
        headers: { 'x-amz-invocation-type': 'DryRun' },
      });
      assert.deepEqual([answer.status, answer.text, lastCall], [204, '', undefined]);
      const missing = await house.ask(invoke('nobody'), {
        method: 'POST',
        body: '{}',
        headers: { 'x-amz-invocation-type': 'DryRun' },
      });
      assert.equal(missing.headers['x-amzn-errortype'], 'ResourceNotFoundException');
    });

    /** Path, request, status, AWS's name, the code of lam. */
    const missing = 'ResourceNotFoundException';
    const refused: [string, string, { headers?: Record<string, string>; body?: string }, number, string, string][] = [
      ['an unknown function', invoke('nobody'), {}, 404, missing, 'LAM_REGISTRY_FUNCTION_NOT_FOUND'],
      ['an unknown version', invoke('hello:99'), {}, 404, missing, 'LAM_REGISTRY_VERSION_NOT_FOUND'],
      ['an unknown alias', invoke('hello:nope'), {}, 404, missing, 'LAM_REGISTRY_ALIAS_NOT_FOUND'],
      ['a bad name', invoke('../x'), {}, 400, 'ValidationException', 'LAM_EDGE_BAD_NAME'],
      ['a long name', invoke('x'.repeat(65)), {}, 400, 'InvalidParameterValueException', 'LAM_EDGE_BAD_NAME'],
      [
        'broken percent-encoding',
        '/2015-03-31/functions/%zz/invocations',
        {},
        400,
        'ValidationException',
        'LAM_EDGE_BAD_NAME',
      ],
      [
        'a bad qualifier',
        `${invoke('hello')}?Qualifier=..%2Fx`,
        {},
        400,
        'InvalidParameterValueException',
        'LAM_EDGE_BAD_QUALIFIER',
      ],
      [
        'two qualifiers',
        `${invoke('hello:1')}?Qualifier=2`,
        {},
        400,
        'InvalidParameterValueException',
        'LAM_EDGE_QUALIFIER_MISMATCH',
      ],
      [
        'a payload that is no JSON',
        invoke('hello'),
        { body: '{"a":' },
        400,
        'InvalidRequestContentException',
        'LAM_EDGE_PAYLOAD_NOT_JSON',
      ],
      [
        'an unknown type of invocation',
        invoke('hello'),
        { headers: { 'x-amz-invocation-type': 'Later' } },
        400,
        'InvalidParameterValueException',
        'LAM_EDGE_INVOCATION_TYPE',
      ],
      [
        'a client context that is no base64 of JSON',
        invoke('hello'),
        { headers: { 'x-amz-client-context': '!!' } },
        400,
        'InvalidRequestContentException',
        'LAM_EDGE_CLIENT_CONTEXT',
      ],
      [
        'a client context that is too long',
        invoke('hello'),
        { headers: { 'x-amz-client-context': Buffer.from(JSON.stringify('x'.repeat(3000))).toString('base64') } },
        400,
        'InvalidRequestContentException',
        'LAM_EDGE_CLIENT_CONTEXT',
      ],
      [
        'a rebound name',
        invoke('hello'),
        { headers: { host: 'evil.example' } },
        403,
        'AccessDeniedException',
        'LAM_EDGE_HOST_REFUSED',
      ],
      [
        'a foreign page',
        invoke('hello'),
        { headers: { origin: 'http://evil.example' } },
        403,
        'AccessDeniedException',
        'LAM_EDGE_ORIGIN_REFUSED',
      ],
      [
        'another operation',
        '/2015-03-31/functions/hello/configuration',
        {},
        404,
        'UnknownOperationException',
        'LAM_EDGE_NOT_FOUND',
      ],
    ];
    for (const [what, path, { headers, body }, status, awsName, code] of refused) {
      test(`answers ${status} ${awsName} for ${what}`, async () => {
        const answer = await house.ask(path, {
          method: 'POST',
          body: body ?? '{}',
          ...(headers === undefined ? {} : { headers }),
        });
        assert.equal(answer.status, status);
        assert.equal(answer.headers['x-amzn-errortype'], awsName);
        const wire = decodeErrorHeader(String(answer.headers[INVOKE.lamError]));
        assert.equal(wire?.code, code);
        const body_ = answer.json();
        const isTyped = !['ValidationException', 'AccessDeniedException'].includes(awsName);
        assert.equal(body_['Type'], isTyped ? 'User' : undefined);
        const said = String(body_['message'] ?? body_['Message']);
        // AWS names what does not exist by its ARN.
        if (code.startsWith('LAM_REGISTRY_'))
          assert.match(said, /^Function not found: arn:aws:lambda:.*:(?:\$LATEST|99|nope)$/);
        else if (code === 'LAM_EDGE_BAD_NAME') assert.match(said, /^1 validation error detected: Value '/);
        else assert.equal(said, wire?.message);
      });
    }

    test('answers 404 for another method', async () => {
      assert.equal((await house.ask(invoke('hello'))).status, 404);
    });

    test('answers 413 for a body over the limit, announced or not, and accepts one of exactly the limit', async () => {
      const most = Buffer.alloc(LIMITS.payloadBytes, ' ');
      most.write('1');
      assert.equal(
        (await house.ask(invoke('hello'), { method: 'POST', body: most })).bytes.length,
        LIMITS.payloadBytes,
      );
      const announced = await house.ask(invoke('hello'), {
        method: 'POST',
        body: Buffer.alloc(LIMITS.payloadBytes + 1, ' '),
      });
      assert.deepEqual([announced.status, announced.headers['x-amzn-errortype']], [413, 'RequestTooLargeException']);
      const outgoing = send({
        host: '127.0.0.1',
        port: house.port,
        path: invoke('hello'),
        method: 'POST',
        headers: { host: 'localhost' },
      });
      outgoing.write(Buffer.alloc(LIMITS.payloadBytes, ' '));
      outgoing.end(' ');
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      response.resume();
      assert.equal(response.statusCode, 413);
    });
  });

describe('the queue', () => {
  test('answers 429 with Reason and Retry-After when it is full', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    await using house = await edgeHouse({ f: (call) => gate.then(() => ({ kind: 'result', payload: call.event })) });
    await house.publish('f', { maxConcurrency: 1, maxQueue: 1 });
    const asked = [1, 2].map((n) => house.ask(invoke('f'), { method: 'POST', body: String(n) }));
    const refused = await Promise.race([
      ...[3, 4, 5].map((n) => house.ask(invoke('f'), { method: 'POST', body: String(n) })),
      ...asked.map((one) => one.then((a) => (a.status === 429 ? a : new Promise<never>(() => undefined)))),
    ]);
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['x-amzn-errortype'], 'TooManyRequestsException');
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal(refused.json()['Reason'], 'ConcurrentInvocationLimitExceeded');
    open();
    await Promise.all(asked);
  });

  test('answers the same when running sandboxes take all memory for too long', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { promise: running, resolve: runs } = Promise.withResolvers<void>();
    const clock = new VirtualClock();
    const holds: Handlers = {
      holds: async (call) => {
        runs();
        await gate;
        return { kind: 'result', payload: call.event };
      },
    };
    await using house = await edgeHouse(holds, { clock, memoryBudgetMiB: 256 });
    await house.publish('holds', { memoryMiB: 256, timeoutMs: 60_000 });
    await house.publish('waits', { memoryMiB: 128 });
    const holding = house.ask(invoke('holds'), { method: 'POST', body: '1' });
    await running;
    const waiting = house.ask(invoke('waits'), { method: 'POST', body: '2' });
    await house.arrived(2);
    await clock.advance(20_000);
    const refused = await waiting;
    assert.deepEqual(
      [refused.status, refused.headers['x-amzn-errortype'], refused.headers['retry-after']],
      [429, 'TooManyRequestsException', '1'],
    );
    assert.equal(decodeErrorHeader(String(refused.headers[INVOKE.lamError]))?.code, 'LAM_POOL_MEMORY_TAKEN');
    open();
    assert.equal((await holding).text, '1');
  });

  test('removes a request whose client disconnects, and never runs it', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const ran: string[] = [];
    const { promise: running, resolve: runs } = Promise.withResolvers<void>();
    await using house = await edgeHouse({
      f: async (call) => {
        ran.push(Buffer.from(call.event).toString());
        runs();
        await gate;
        return { kind: 'result', payload: call.event };
      },
    });
    await house.publish('f', { maxConcurrency: 1 });
    const first = house.ask(invoke('f'), { method: 'POST', body: '1' });
    await running;
    const leaver = send({
      host: '127.0.0.1',
      port: house.port,
      path: invoke('f'),
      method: 'POST',
      headers: { host: 'localhost' },
    });
    const left = new Promise((resolve) => leaver.on('error', ifCode(CLOSED, undefined)).on('close', resolve));
    leaver.end('2');
    await house.arrived(2);
    const third = house.ask(invoke('f'), { method: 'POST', body: '3' });
    await house.arrived(3);
    leaver.destroy();
    await left;
    await house.ask('/_lam/health');
    open();
    assert.deepEqual([(await first).text, (await third).text], ['1', '3']);
    assert.deepEqual(ran, ['1', '3']);
  });
});
