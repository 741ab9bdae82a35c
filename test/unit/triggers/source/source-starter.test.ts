import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isLamError } from '../../../../src/errors/index.ts';
import type { RunningTrigger, TriggerHost } from '../../../../src/triggers/running.ts';
import type { SourceConfig } from '../../../../src/triggers/source/settings.ts';
import type { Inbox, SourceConnection, SourceMessage } from '../../../../src/triggers/source/run/message.ts';
import {
  sourceStarter,
  type SourceContext,
  type SourceErrorCode,
} from '../../../../src/triggers/source/run/source-starter.ts';
import { asFunctionName, asRequestId, asVersion } from '../../../support/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

/** What a source does besides recording its calls. */
type Script = Partial<SourceConnection<SourceMessage>> & {
  readonly connect?: (context: SourceContext<SourceConfig>) => void;
};

/** A source without a broker, and its trigger's host. */
class StarterHouse {
  readonly clock = new VirtualClock();
  readonly calls: string[] = [];
  readonly failures: unknown[] = [];
  context: SourceContext<SourceConfig> | undefined;
  readonly #script: Script;

  constructor(script: Script = {}) {
    this.#script = script;
  }

  start(config: Partial<SourceConfig> = {}): Promise<RunningTrigger<SourceConfig>> {
    const starter = sourceStarter<SourceConfig, SourceMessage>({
      source: 'Post office',
      at: () => 'here:1',
      connect: (context) => {
        this.context = context;
        this.#script.connect?.(context);
        return Promise.resolve(this.#connection());
      },
    });
    const host: Partial<TriggerHost> = {
      functionName: asFunctionName('f'),
      name: 'post',
      clock: this.clock,
      signal: new AbortController().signal,
      variable: (name) => ({ PIN: 'p@1' })[name],
      failed: (error) => this.failures.push(error),
      count: () => undefined,
      fire: (_event, { settled }) => {
        const about = { requestId: asRequestId('r'), version: asVersion(1) };
        queueMicrotask(() => settled({ kind: 'success', ...about, payload: Buffer.from('null') }));
        return { cancel: () => undefined };
      },
    };
    return starter.start({ type: 'post', ...config }, host as TriggerHost);
  }

  #connection(): SourceConnection<SourceMessage> {
    const note = (call: string): Promise<void> => {
      this.calls.push(call);
      return Promise.resolve();
    };
    return {
      eventOf: () => '{}',
      receive: () => note('receive'),
      pause: () => note('pause'),
      acknowledge: () => note('acknowledge'),
      deadLetter: () => note('deadLetter'),
      release: () => note('release'),
      close: () => note('close'),
      ...this.#script,
    };
  }
}

async function errorOf(started: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  const thrown: unknown = await started.then(
    () => assert.fail('it was to fail'),
    (error: unknown) => error,
  );
  assert.ok(isLamError(thrown), String(thrown));
  return thrown;
}

describe('an event source', () => {
  test('stops in order: receiving, then the pump, then what is left, then the connection', async () => {
    const house = new StarterHouse({ lag: () => Promise.resolve(7) });
    const trigger = await house.start();
    await house.clock.advance(0);
    assert.equal(trigger.report?.().lag, 7);
    await trigger.stop();
    assert.deepEqual(house.calls, ['receive', 'pause', 'release', 'close']);
    assert.equal(house.clock.pending, 0);
  });

  test('closes a broken connection all the same', async () => {
    const broken = (): Promise<void> => Promise.reject(new Error('broken'));
    const house = new StarterHouse({ pause: broken, release: broken, lag: () => Promise.reject(new Error('broken')) });
    const trigger = await house.start();
    await trigger.stop();
    assert.deepEqual(house.calls, ['receive', 'close']);
  });

  test('that cannot connect is unreachable', async () => {
    const house = new StarterHouse({
      connect: () => {
        throw Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
      },
    });
    const { code, message } = await errorOf(house.start());
    assert.equal(code, 'LAM_TRIGGERS_SOURCE_UNREACHABLE');
    assert.equal(message, 'Post office at here:1 cannot be reached: ECONNREFUSED');
  });

  test('that accepts no consumer is silent, and is closed', async () => {
    const house = new StarterHouse({ receive: () => new Promise<never>(() => undefined) });
    const failed = errorOf(house.start());
    await house.clock.advance(30_000);
    assert.equal((await failed).code, 'LAM_TRIGGERS_SOURCE_SILENT');
    assert.deepEqual(house.calls, ['close']);
  });

  test('reports a lost connection, also when an acknowledgement fails', async () => {
    let inbox: Inbox<SourceMessage> | undefined;
    const house = new StarterHouse({
      receive: (given) => {
        inbox = given;
        return Promise.resolve();
      },
      acknowledge: () => Promise.reject(new Error('gone')),
    });
    await house.start({ filters: ['{"a":[1]}'] });
    house.context?.lost(new Error('reset'));
    inbox?.offer([{ id: '1', itemIdentifier: '1', deliveries: 1, bytes: 1, filterable: () => ({ a: 2 }) }]);
    await house.clock.advance(0);
    assert.deepEqual(
      house.failures.map((error) => (isLamError(error) ? [error.code, error.message] : error)),
      [
        ['LAM_TRIGGERS_SOURCE_LOST', 'the connection to Post office at here:1 was lost: reset'],
        ['LAM_TRIGGERS_SOURCE_LOST', 'the connection to Post office at here:1 was lost: gone'],
      ],
    );
  });

  test('reports an acknowledgement that throws, and stops all the same', async () => {
    let inbox: Inbox<SourceMessage> | undefined;
    const house = new StarterHouse({
      receive: (given) => {
        inbox = given;
        return Promise.resolve();
      },
      acknowledge: () => {
        throw new Error('gone');
      },
    });
    const trigger = await house.start();
    inbox?.offer([{ id: '1', itemIdentifier: '1', deliveries: 1, bytes: 1, filterable: () => ({}) }]);
    await trigger.stop();
    assert.deepEqual(
      house.failures.map((error) => isLamError(error) && error.code),
      ['LAM_TRIGGERS_SOURCE_LOST'],
    );
  });

  test('needs the variables to which it refers, and keeps their values out of errors', async () => {
    const codes: readonly SourceErrorCode[] = ['LAM_TRIGGERS_SOURCE_DENIED', 'LAM_TRIGGERS_SOURCE_MISSING'];
    for (const expected of codes) {
      const house = new StarterHouse({
        connect: (context) => {
          assert.equal(context.value('post://me:${PIN}@here'), 'post://me:p%401@here');
          throw context.error(expected, 'p@1 is not p%401');
        },
      });
      const { code, message } = await errorOf(house.start());
      assert.equal(code, expected);
      assert.match(message, /\*\*\* is not \*\*\*$/);
    }
    const house = new StarterHouse({ connect: (context) => void context.value('${PUK}') });
    const { code, message } = await errorOf(house.start());
    assert.equal(code, 'LAM_TRIGGERS_VARIABLE_MISSING');
    assert.match(message, /needs the variable 'PUK'/);
  });
});
