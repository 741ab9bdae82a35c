import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { joinObservers, type ObservedInvocation, type ObservedSandbox } from '../../../src/observer/index.ts';
import { asSandboxId } from '../../support/ids.ts';

const SANDBOX: ObservedSandbox = {
  id: asSandboxId('a'.repeat(32)),
  memoryMiB: 128,
  functionName: undefined,
  version: undefined,
  endReason: undefined,
};
const INVOCATION = { requestId: 'r' } as ObservedInvocation;

describe('joined observers', () => {
  test('are undefined when there are none, so that they cost nothing', () =>
    assert.equal(joinObservers([], assert.fail), undefined));

  test('each receive the phases that they have methods for, in order', () => {
    const told: string[] = [];
    const joined = joinObservers(
      [
        { accepted: ({ requestId }) => void told.push(`1 accepted ${requestId}`) },
        {
          accepted: () => void told.push('2 accepted'),
          sandbox: ({ memoryMiB }, phase, at) => void told.push(`2 ${phase} ${memoryMiB} ${at}`),
        },
      ],
      assert.fail,
    );
    joined?.invocation('accepted', INVOCATION);
    joined?.invocation('settled', INVOCATION);
    joined?.sandbox(SANDBOX, 'booting', 5);
    assert.deepEqual(told, ['1 accepted r', '2 accepted', '2 booting 128 5']);
  });

  test('are not affected by the exception of another, which is reported once per observer', () => {
    const told: string[] = [];
    const troubles: string[] = [];
    const fail = (): never => {
      throw new Error('no');
    };
    const joined = joinObservers(
      [
        { accepted: fail, sandbox: fail },
        { accepted: () => void told.push('accepted'), sandbox: (_, phase) => void told.push(phase) },
      ],
      (what) => void troubles.push(what),
    );
    joined?.invocation('accepted', INVOCATION);
    joined?.sandbox(SANDBOX, 'gone', 5);
    assert.deepEqual(told, ['accepted', 'gone']);
    assert.deepEqual(troubles, ['an observer failed: no']);
  });
});
