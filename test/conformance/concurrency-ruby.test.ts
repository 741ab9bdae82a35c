import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { InvokeOutcome } from '../../src/executor/index.ts';
import { BootstrapHouse, type BootedProcess } from './bootstrap-house.ts';

/** Does what `event['what']` names. */
const SOURCE = `
require 'logger'
require 'timeout'
LOGGER = Logger.new($stdout)
LOCK, OPEN, WAITING = Mutex.new, ConditionVariable.new, Hash.new(0)
$running = $most = 0

def gate(event, context)
  LOCK.synchronize { $most = [$most, $running += 1].max }
  puts "before #{event['name']}"
  before = Thread.current[:mine]
  Thread.current[:mine] = event['name']
  LOCK.synchronize do
    WAITING[event['count']] += 1
    OPEN.broadcast
    OPEN.wait(LOCK) until (WAITING[event['count']] % event['count']).zero?
  end
  print "unended #{event['name']}"
  sleep((event['ms'] || 1) / 1000.0)
  warn "after #{event['name']} #{context.aws_request_id}"
  LOCK.synchronize { $running -= 1 }
  { name: event['name'], most: $most, mine: [before, Thread.current[:mine]] }
end

def handler(event:, context:)
  case event['what']
  when 'gate' then gate(event, context)
  when 'sleep' then sleep(event['ms'] / 1000.0) && 'slept'
  when 'throws' then sleep(event['ms'] / 1000.0) && raise(KeyError, "thrown by #{event['name']}")
  when 'logs' then LOGGER.info("of #{event['name']}") && nil
  when 'exits' then sleep(event['ms'] / 1000.0) && exit(event['code'])
  when 'critical' then raise(Exception, 'critical')
  when 'trace' then [ENV['_X_AMZN_TRACE_ID'], context.xray_trace_id]
  when 'strays' then Thread.new { puts 'of a thread of its own' }.join && nil
  when 'interrupted' then interrupted(event['times'])
  end
end

# Prints without end until it is interrupted in the middle of it.
def interrupted(times)
  times.times do
    Timeout.timeout(0.002) { loop { puts 'x' * 200_000 } }
  rescue Timeout::Error
    next
  end
  'interrupted'
end

puts 'loaded'
`;

const payloadOf = (outcome: InvokeOutcome | undefined): Record<string, unknown> => {
  assert.ok(outcome !== undefined && 'payload' in outcome, JSON.stringify(outcome));
  return JSON.parse(Buffer.from(outcome.payload).toString()) as Record<string, unknown>;
};
const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `n${i}`);
const skip = spawnSync('ruby', ['--version']).status === 0 ? false : 'no ruby on PATH';

describe('many requests at once in one Ruby sandbox', { concurrency: false, skip }, () => {
  let house: BootstrapHouse;
  before(async () => {
    house = await BootstrapHouse.open();
  });
  after(() => house[Symbol.asyncDispose]());

  const boot = (concurrency: number, over: { timeoutMs?: number } = {}): Promise<BootedProcess> =>
    house.boot('ruby', { files: { 'index.rb': SOURCE }, concurrency, ...over });

  test('runs as many at once as its limit allows', async () => {
    await using booted = await boot(4);
    const four = await Promise.all(names(4).map((name) => booted.json({ what: 'gate', count: 4, name }, name)));
    assert.equal(Math.max(...four.map((answer) => Number(Reflect.get(Object(answer), 'most')))), 4);
    const nine = await Promise.all(names(9).map((name) => booted.json({ what: 'gate', count: 1, name }, name)));
    assert.deepEqual(
      nine.map((answer) => Reflect.get(Object(answer), 'name')),
      names(9),
    );
    assert.deepEqual(new Set(nine.map((answer) => Reflect.get(Object(answer), 'most'))), new Set([4]));
  });

  test('attributes output to its request, unfinished lines too, and that of other threads to none', async () => {
    await using booted = await boot(8);
    await Promise.all(names(8).map((name, i) => booted.json({ what: 'gate', count: 8, name, ms: 8 - i }, name)));
    for (const name of names(8))
      assert.deepEqual(booted.of(name), [`before ${name}`, `after ${name} ${name}`, `unended ${name}`]);
    await booted.json({ what: 'strays' }, 'strays');
    assert.deepEqual(booted.of(''), ['loaded', 'of a thread of its own']);
    assert.equal(booted.logs.length, 26);
  });

  test('answers an error for the request that raised it, and continues the others', async () => {
    await using booted = await boot(3);
    const [a, b, c] = await Promise.all([
      booted.invoke({ what: 'sleep', ms: 30 }, 'a'),
      booted.invoke({ what: 'throws', ms: 5, name: 'b' }, 'b'),
      booted.invoke({ what: 'sleep', ms: 10 }, 'c'),
    ]);
    assert.deepEqual([a.kind, b.kind, c.kind], ['result', 'error', 'result']);
    assert.equal(payloadOf(b)['errorType'], 'Function<KeyError>');
    assert.match(booted.of('b').join(), /^\[ERROR\] Function<KeyError>: thrown by b/);
  });

  test('ends all running requests when one of them ends the process', async () => {
    for (const code of [0, 3]) {
      await using booted = await boot(2);
      const exit = { kind: 'exit', exit: { code, signal: null, outOfMemory: false } };
      const outcomes = await Promise.all([
        booted.invoke({ what: 'sleep', ms: 5000 }),
        booted.invoke({ what: 'exits', ms: 5, code }),
      ]);
      assert.deepEqual(outcomes, [exit, exit]);
    }
    await using critical = await boot(2);
    const outcome = await critical.invoke({ what: 'critical' });
    assert.deepEqual([payloadOf(outcome)['errorType'], Reflect.get(outcome, 'leaving')], ['Function<Exception>', true]);
    assert.equal((await critical.invoke({ what: 'sleep', ms: 1 })).kind, 'exit');
  });

  test('times out one request: the others finish, and the sandbox accepts no more', async () => {
    await using booted = await boot(3, { timeoutMs: 1500 });
    const late = booted.invoke({ what: 'sleep', ms: 4000 }, 'late');
    await new Promise((resolve) => setTimeout(resolve, 800));
    const quick = booted.invoke({ what: 'sleep', ms: 900 }, 'quick');
    assert.deepEqual(await late, { kind: 'timeout' });
    assert.deepEqual(await booted.invoke({ what: 'sleep', ms: 1 }), { kind: 'unstarted' });
    assert.equal((await quick).kind, 'result');
  });

  test('returns queued requests behind long ones, and starts the next when one has answered', async () => {
    await using booted = await boot(2);
    const running = ['a', 'b'].map((name) => booted.invoke({ what: 'sleep', ms: 300 }, name));
    assert.deepEqual(await booted.invoke({ what: 'sleep', ms: 1 }, 'c'), { kind: 'unstarted' });
    assert.deepEqual(
      (await Promise.all(running)).map((outcome) => outcome.kind),
      ['result', 'result'],
    );
    const many = await Promise.all(names(40).map((name) => booted.invoke({ what: 'sleep', ms: 1 }, name)));
    assert.ok(many.every((outcome) => outcome.kind === 'result' || outcome.kind === 'unstarted'));
    assert.ok(many.filter((outcome) => outcome.kind === 'result').length >= 2);
  });

  test('keeps values of threads separate, and leaves none for the next request', async () => {
    await using booted = await boot(2);
    for (let round = 0; round < 2; round += 1) {
      const answers = await Promise.all(['a', 'b'].map((name) => booted.json({ what: 'gate', count: 2, name }, name)));
      assert.deepEqual(
        answers.map((answer) => Reflect.get(Object(answer), 'mine')),
        [
          [null, 'a'],
          [null, 'b'],
        ],
      );
    }
  });

  test('logs with its own request id', async () => {
    await using booted = await boot(4);
    await Promise.all(names(4).map((name) => booted.json({ what: 'logs', name }, name)));
    for (const name of names(4)) assert.match(booted.of(name).join(), new RegExp(` INFO ${name} -- : of ${name}$`));
  });

  test('provides the trace id in the context, and in the environment only where one runs at a time', async () => {
    await using booted = await boot(2);
    assert.deepEqual(await booted.json({ what: 'trace' }, 'a'), [null, 'trace of a']);
    await using single = await boot(1);
    assert.deepEqual(await single.json({ what: 'trace' }, 'a'), ['trace of a', 'trace of a']);
  });

  test('sends whole frames where a time-out of the code interrupts its output', async () => {
    for (const concurrency of [1, 2]) {
      await using booted = await boot(concurrency);
      const answer = booted.json({ what: 'interrupted', times: 30 });
      await setImmediate();
      // Reads nothing for a while, so that the connection fills and its writes block.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      assert.equal(await answer, 'interrupted');
      assert.equal(await booted.json({ what: 'sleep', ms: 1 }), 'slept');
      assert.ok(booted.logs.every(([id]) => id !== 'protocol'));
    }
  });
});
