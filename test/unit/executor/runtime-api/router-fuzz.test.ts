import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { openRuntimeApi } from '../../../../src/executor/runtime-api/index.ts';
import { findRoute } from '../../../../src/executor/runtime-api/routes.ts';
import {
  nextState,
  refusalText,
  type RuntimeEvent,
  type RuntimeState,
} from '../../../../src/executor/runtime-api/runtime-state.ts';
import { invoked } from '../../../support/invoked.ts';
import { asSandboxId, asRequestId, asTraceId, asFunctionName, asVersion } from '../../../support/ids.ts';

const STATES: readonly RuntimeState[] = ['started', 'ready', 'running', 'responded', 'init-failed'];
const EVENTS: readonly RuntimeEvent[] = ['next', 'deliver', 'response', 'error', 'init-error'];
const KNOWN = [
  '/2018-06-01/runtime/invocation/next',
  '/2018-06-01/runtime/init/error',
  '/2018-06-01/runtime/invocation/ID/response',
  '/2018-06-01/runtime/invocation/ID/error',
  '/2018-06-01/runtime/invocation/other/response',
  '/2018-06-01/ping',
  '/2020-01-01/extension/register',
  '/2020-01-01/extension/event/next',
  '/2020-01-01/extension/init/error',
  '/2020-08-15/logs',
  '/2022-07-01/telemetry',
];

describe('the state table of a runtime', () => {
  test('allows exactly what AWS allows', () => {
    const allowed = STATES.flatMap((s) =>
      EVENTS.filter((e) => nextState(s, e) !== undefined).map((e) => `${s} ${e} ${nextState(s, e)}`),
    );
    assert.deepEqual(allowed, [
      'started next ready',
      'started init-error init-failed',
      'ready next ready',
      'ready deliver running',
      'running next running',
      'running response responded',
      'running error responded',
      'responded next ready',
    ]);
  });

  test('words a refusal with both states', () => {
    assert.equal(
      refusalText('ready', 'response'),
      'State transition from Ready to InvocationResponse failed for runtime. Error: State transition is not allowed',
    );
  });
});

describe('the router of the Runtime API', () => {
  test('matches only its own paths, for any text', () => {
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'get', ''), fc.string(), (method, url) => {
        const route = findRoute(method, url);
        assert.ok(route.name === 'unknown' || KNOWN.some((k) => url.startsWith(k.slice(0, 6))));
      }),
    );
  });

  test('ignores a query, and accepts any single segment as a request id', () => {
    assert.deepEqual(findRoute('GET', '/2018-06-01/ping?x=/y'), { name: 'ping' });
    assert.deepEqual(findRoute('POST', '/2018-06-01/runtime/invocation/%2e%2e/error'), {
      name: 'error',
      requestId: '%2e%2e',
    });
    assert.deepEqual(findRoute('POST', '/2018-06-01/runtime/invocation/a/b/error'), { name: 'unknown' });
  });

  test('answers any sequence of requests with its own codes and still serves an invocation afterwards', async () => {
    const step = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH'),
      path: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...KNOWN) }, { weight: 1, arbitrary: fc.webPath() }),
      header: fc.constantFrom(
        '',
        'Lambda-Extension-Name',
        'Lambda-Extension-Identifier',
        'Lambda-Runtime-Function-Response-Mode',
      ),
      body: fc.oneof(fc.constantFrom('', '{"events":["INVOKE"]}', '{"events":7}', 'null'), fc.string()),
      hangUp: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const codes = await play(steps);
        for (const code of codes)
          assert.ok(code === undefined || [200, 202, 400, 403, 404, 405].includes(code), `answered ${code}`);
      }),
      { numRuns: 60 },
    );
  });
});

interface Step {
  readonly method: string;
  readonly path: string;
  readonly header: string;
  readonly body: string;
  readonly hangUp: boolean;
}

const INIT = {
  functionName: asFunctionName('f'),
  version: asVersion(1),
  functionArn: 'arn',
  handler: 'h',
  taskRoot: '/var/task',
  memoryMiB: 128,
  timeoutMs: 5000,
  concurrency: 1,
  wantStartupCache: false,
  logGroup: 'g',
  logStream: 's',
  environment: {},
};

/** Runs the steps on a sandbox with one waiting invocation, then makes it answer correctly, if it still can. */
async function play(steps: readonly Step[]): Promise<(number | undefined)[]> {
  const api = await openRuntimeApi(
    { id: asSandboxId('f'.repeat(32)), listen: { host: '127.0.0.1', port: 0 } },
    { onLog: () => {}, onProtocolError: (what) => assert.fail(what) },
  );
  assert.ok('port' in api.address);
  const { port } = api.address;
  try {
    void api.session.init(INIT, 5000);
    const requestId = 'ID';
    const running = invoked(
      api.session,
      { requestId: asRequestId(requestId), deadlineMs: Date.now() + 5000, functionArn: 'arn', traceId: asTraceId('') },
      Buffer.from('{}'),
    );
    let isAnswered = false;
    void running.then(() => (isAnswered = true));
    const codes: (number | undefined)[] = [];
    for (const step of steps) codes.push(await ask(port, step, 20));
    if (!isAnswered) {
      const last = { header: '', body: 'done', hangUp: false };
      const next = await ask(port, { ...last, method: 'GET', path: KNOWN[0] ?? '' }, 5000);
      assert.ok(next === 200 || next === 403, `the last next was answered ${next}`);
      if (next === 200) assert.equal(await ask(port, { ...last, method: 'POST', path: KNOWN[2] ?? '' }, 5000), 202);
      // After an init error nothing can follow.
      else api.close();
    }
    const outcome = await running;
    assert.ok(['result', 'error', 'exit'].includes(outcome.kind));
    return codes;
  } finally {
    api.close();
  }
}

/** The status, or undefined for a request that stays open (a long poll) or was closed by either side. */
function ask(port: number, step: Step, patienceMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const longPoll = step.method === 'GET' && step.path.endsWith('/next');
    const headers = step.header === '' ? {} : { [step.header]: 'x' };
    const req = request(
      { host: '127.0.0.1', port, method: step.method, path: step.path, headers, agent: false },
      (res) => {
        res.resume();
        res.on('end', () => resolve(res.statusCode));
        res.on('error', () => resolve(undefined));
      },
    );
    req.on('error', () => resolve(undefined));
    if (longPoll) req.setTimeout(patienceMs, () => req.destroy());
    if (step.hangUp && step.method !== 'GET') {
      req.setHeader('Content-Length', '100000');
      req.write(step.body, () => req.destroy());
    } else if (step.method === 'GET') req.end();
    else req.end(step.body);
  });
}
