import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { bodiesOf } from '../support/control-bodies.ts';
import { OPERATIONS, type Operation } from '../support/control-document.ts';
import { asFunctionName } from '../support/ids.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import '../support/seed.ts';

/** Streams for ever if it is asked to, or ends the daemon. */
const LEFT_OUT = new Set(['daemon.stop', 'audit.read', 'logs.read']);
const RUNS = 40;
/** Settings of functions have the most to get wrong. */
const MORE_RUNS: Readonly<Record<string, number>> = { 'config.patch': 400, 'versions.publish': 400 };

describe("lam's own API answers whatever it is sent as its document says, and never with a 5xx:", () => {
  let house: EdgeHouse;
  let digest = '';
  before(async () => {
    house = await edgeHouse();
    await house.publish('hello');
    digest = house.registry.detail(asFunctionName('hello')).allVersions[0]?.artifact ?? '';
  });
  after(() => house[Symbol.asyncDispose]());

  const inPath = fc.oneof(
    { arbitrary: fc.constantFrom('hello', '1', 'schedule', 'prod', 'every-1h'), weight: 4 },
    fc.string(),
  );
  const requestsTo = (operation: Operation): fc.Arbitrary<{ path: string; query: string; body: unknown }> => {
    const { parameters = [], path } = operation;
    const named = (place: string): readonly string[] =>
      parameters.filter((one) => one.in === place).map(({ name }) => name);
    return fc.record({
      path: fc
        .tuple(...named('path').map(() => inPath))
        .map((parts) => parts.reduce((made, part) => made.replace(/\{\w+\}/, () => encodeURIComponent(part)), path)),
      // A wait is as long as it says.
      query: fc
        .tuple(
          ...named('query').map((name) =>
            fc.option(fc.tuple(fc.constant(name), fc.oneof(fc.string(), fc.constant('1'))), { freq: 3 }),
          ),
        )
        .map((pairs) =>
          String(
            new URLSearchParams(pairs.filter((pair) => pair !== null && pair[0] !== 'wait') as [string, string][]),
          ),
        ),
      body: bodiesOf(operation, digest),
    });
  };

  for (const operation of OPERATIONS.filter(({ operationId }) => !LEFT_OUT.has(operationId)))
    test(operation.operationId, async () => {
      await house.publish('hello', { schedules: ['every 1h'] });
      const { method } = operation;
      await fc.assert(
        fc.asyncProperty(requestsTo(operation), async ({ path, query, body }) => {
          const options = body === undefined ? {} : { body: JSON.stringify(body) };
          const answer = await house.control(query === '' ? path : `${path}?${query}`, { method, ...options });
          assert.ok(answer.status < 500, answer.text);
        }),
        { numRuns: MORE_RUNS[operation.operationId] ?? RUNS },
      );
    });
});
