import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { depthOf, isTraceId, nextTraceId, withDepth } from '../../../src/contract/index.ts';
import { traceIdOf } from '../../../src/edge/request.ts';
import { asTraceId } from '../../support/ids.ts';

const ROOT = 'Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0';

describe('the depth of a chain of functions', () => {
  const headers: [string, number][] = [
    [ROOT, 0],
    [`${ROOT};Lineage=1:6c616d00:7`, 7],
    [`Lineage=1:6c616d00:7;${ROOT}`, 7],
    [`${ROOT};Lineage=43e12f0f:5`, 5],
    [`${ROOT};Lineage=a87bd80c:0|68fd508a:15|c512fbe3:2`, 15],
    [`${ROOT};Lineage=1:6c616d00:`, 0],
    [`${ROOT};Lineage=`, 0],
    [`${ROOT};Lineage=1:6c616d00:-4`, 0],
    [`${ROOT};Lineage=many`, 0],
    ['Lineage=Lineage=Lineage=', 0],
  ];
  for (const [header, depth] of headers) test(`is ${depth} in '${header}'`, () => assert.equal(depthOf(header), depth));

  test('grows by one with each function, and nothing else of the header changes', () => {
    let header = asTraceId(ROOT);
    for (let depth = 1; depth <= 40; depth++) {
      header = nextTraceId(header);
      assert.equal(header, `${ROOT};Lineage=1:6c616d00:${depth}`);
      assert.equal(depthOf(header), depth);
    }
  });

  test('stays at 9999, the most that is read again', () => {
    const deepest = `${ROOT};Lineage=1:6c616d00:9999`;
    for (const depth of [9999, 10_000, 1e300]) assert.equal(withDepth(asTraceId(ROOT), depth), deepest);
    assert.equal(depthOf(nextTraceId(asTraceId(deepest))), 9999);
    const newTraceId = (): never => assert.fail('it has a trace header');
    for (const depth of ['10000', '9007199254740991']) {
      const traceId = traceIdOf({ 'x-amzn-trace-id': ROOT, 'x-lam-depth': depth }, newTraceId);
      assert.equal(traceId, deepest);
    }
  });

  test('replaces a field of another origin, wherever it stands', () => {
    const after = withDepth(asTraceId('Root=1-a;Lineage=43e12f0f:5|a:1;Sampled=1'), 6);
    assert.equal(after, 'Root=1-a;Sampled=1;Lineage=1:6c616d00:6');
    assert.equal(nextTraceId(asTraceId('Lineage=2:ab:1;Root=1-a')), 'Root=1-a;Lineage=1:6c616d00:2');
    assert.ok(isTraceId(after));
  });
});
