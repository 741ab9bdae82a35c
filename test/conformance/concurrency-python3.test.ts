import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { InvokeOutcome } from '../../src/executor/index.ts';
import { BootstrapHouse, type BootedProcess } from './bootstrap-house.ts';

/** Does what `event["what"]` names. */
const SYNC = `
import asyncio, contextvars, json, logging, os, sys, threading, time
logging.getLogger().setLevel(logging.INFO)
MINE = contextvars.ContextVar("mine", default="unset")
lock, barriers = threading.Lock(), {}
running = most = 0

def barrier(count):
    with lock:
        return barriers.setdefault(count, threading.Barrier(count, timeout=10))

def gate(event, context):
    global running, most
    with lock:
        running += 1
        most = max(most, running)
    print("before", event["name"])
    before = MINE.get()
    MINE.set(event["name"])
    barrier(event["count"]).wait()
    sys.stdout.write("unended " + event["name"])
    time.sleep(event.get("ms", 1) / 1000)
    print("after", event["name"], context.aws_request_id, file=sys.stderr)
    with lock:
        running -= 1
    return {"name": event["name"], "most": most, "mine": [before, MINE.get()]}

def sleep(event, context):
    time.sleep(event["ms"] / 1000)
    return "slept"

def throws(event, context):
    time.sleep(event["ms"] / 1000)
    raise KeyError("thrown by " + event["name"])

def logs(event, context):
    logging.info("of %s", event["name"])

def exits(event, context):
    time.sleep(event["ms"] / 1000)
    sys.exit(event["code"])

def trace(event, context):
    return [os.environ.get("_X_AMZN_TRACE_ID"), context.xray_trace_id]

def inner(event, context):
    async def answer():
        await asyncio.sleep(0.01)
        print("of a coroutine")
        return event["name"]
    return answer()

def handler(event, context):
    return globals()[event["what"]](event, context)

print("loaded")
`;
const ASYNC = `
import asyncio, sys, threading
gates, running, most = {}, 0, 0

async def gate(event, context):
    global running, most
    running += 1
    most = max(most, running)
    print("before", event["name"])
    waiting = gates.setdefault(event["count"], [])
    opened = asyncio.get_running_loop().create_future()
    waiting.append(opened)
    if len(waiting) == event["count"]:
        for each in waiting:
            each.set_result(None)
        del gates[event["count"]]
    await opened
    sys.stdout.write("unended " + event["name"])
    await asyncio.sleep(event.get("ms", 1) / 1000)
    print("after", event["name"], context.aws_request_id, file=sys.stderr)
    running -= 1
    return {"name": event["name"], "most": most}

async def sleep(event, context):
    await asyncio.sleep(event["ms"] / 1000)
    return "slept"

async def throws(event, context):
    await asyncio.sleep(event["ms"] / 1000)
    raise KeyError("thrown by " + event["name"])

async def cancels(event, context):
    raise asyncio.CancelledError()

async def exits(event, context):
    await asyncio.sleep(event["ms"] / 1000)
    sys.exit(event["code"])

async def strays(event, context):
    async def stray():
        sys.exit(event["code"])
    task = asyncio.ensure_future(stray())
    await asyncio.sleep(60)

async def loop(event, context):
    return [id(asyncio.get_running_loop()), threading.current_thread().name]

async def handler(event, context):
    return await globals()[event["what"]](event, context)

print("loaded")
`;

const payloadOf = (outcome: InvokeOutcome | undefined): Record<string, unknown> => {
  assert.ok(outcome !== undefined && 'payload' in outcome, JSON.stringify(outcome));
  return JSON.parse(Buffer.from(outcome.payload).toString()) as Record<string, unknown>;
};

describe('many requests at once in one Python sandbox', { concurrency: false }, () => {
  let house: BootstrapHouse;
  before(async () => {
    house = await BootstrapHouse.open();
  });
  after(() => house[Symbol.asyncDispose]());

  const boot = (source: string, concurrency: number, over: { timeoutMs?: number } = {}): Promise<BootedProcess> =>
    house.boot('python3', { files: { 'index.py': source }, concurrency, ...over });
  const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `n${i}`);

  for (const [kind, source] of [
    ['threads', SYNC],
    ['coroutines', ASYNC],
  ] as const) {
    test(`${kind}: runs as many at once as its limit allows`, async () => {
      await using booted = await boot(source, 4);
      const four = await Promise.all(names(4).map((name) => booted.json({ what: 'gate', count: 4, name }, name)));
      assert.deepEqual(
        four.map((answer) => [Reflect.get(Object(answer), 'name'), Reflect.get(Object(answer), 'most')]),
        names(4).map((name, i) => [name, Reflect.get(Object(four[i]), 'most')]),
      );
      assert.equal(Math.max(...four.map((answer) => Number(Reflect.get(Object(answer), 'most')))), 4);
      const nine = await Promise.all(names(9).map((name) => booted.json({ what: 'gate', count: 1, name }, name)));
      assert.deepEqual(new Set(nine.map((answer) => Reflect.get(Object(answer), 'most'))), new Set([4]));
    });

    test(`${kind}: attributes output to its request, unfinished lines too`, async () => {
      await using booted = await boot(source, 8);
      await Promise.all(names(8).map((name, i) => booted.json({ what: 'gate', count: 8, name, ms: 8 - i }, name)));
      for (const name of names(8))
        assert.deepEqual(booted.of(name), [`before ${name}`, `after ${name} ${name}`, `unended ${name}`]);
      assert.deepEqual(booted.of(''), ['loaded']);
      assert.equal(booted.logs.length, 25);
    });

    test(`${kind}: answers an error for the request that raised it, and continues the others`, async () => {
      await using booted = await boot(source, 3);
      const [a, b, c] = await Promise.all([
        booted.invoke({ what: 'sleep', ms: 30 }, 'a'),
        booted.invoke({ what: 'throws', ms: 5, name: 'b' }, 'b'),
        booted.invoke({ what: 'sleep', ms: 10 }, 'c'),
      ]);
      assert.deepEqual([a.kind, b.kind, c.kind], ['result', 'error', 'result']);
      assert.deepEqual([payloadOf(b)['errorType'], payloadOf(b)['requestId']], ['KeyError', 'b']);
      assert.match(booted.of('b').join(), /^\[ERROR\] KeyError: .thrown by b/);
    });

    test(`${kind}: ends all running requests when one of them ends the process`, async () => {
      for (const code of [0, 3]) {
        await using booted = await boot(source, 2);
        const exit = { kind: 'exit', exit: { code, signal: null, outOfMemory: false } };
        const outcomes = await Promise.all([
          booted.invoke({ what: 'sleep', ms: 5000 }),
          booted.invoke({ what: 'exits', ms: 5, code }),
        ]);
        assert.deepEqual(outcomes, [exit, exit]);
      }
    });

    test(`${kind}: times out one request: the others finish, and the sandbox accepts no more`, async () => {
      await using booted = await boot(source, 3, { timeoutMs: 1500 });
      const late = booted.invoke({ what: 'sleep', ms: 4000 }, 'late');
      await new Promise((resolve) => setTimeout(resolve, 800));
      const quick = booted.invoke({ what: 'sleep', ms: 900 }, 'quick');
      assert.deepEqual(await late, { kind: 'timeout' });
      assert.deepEqual(await booted.invoke({ what: 'sleep', ms: 1 }), { kind: 'unstarted' });
      assert.equal((await quick).kind, 'result');
    });

    test(`${kind}: returns queued requests behind long ones, and starts the next when one has answered`, async () => {
      await using booted = await boot(source, 2);
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
  }

  test('threads: keep context variables separate, and leave none for the next request', async () => {
    await using booted = await boot(SYNC, 2);
    for (let round = 0; round < 2; round += 1) {
      const answers = await Promise.all(['a', 'b'].map((name) => booted.json({ what: 'gate', count: 2, name }, name)));
      assert.deepEqual(
        answers.map((answer) => Reflect.get(Object(answer), 'mine')),
        [
          ['unset', 'a'],
          ['unset', 'b'],
        ],
      );
    }
  });

  test('threads: log with their own request id', async () => {
    await using booted = await boot(SYNC, 4);
    await Promise.all(names(4).map((name) => booted.json({ what: 'logs', name }, name)));
    for (const name of names(4))
      assert.match(booted.of(name).join(), new RegExp(`^\\[INFO\\]\\t[^\\t]+\\t${name}\\tof ${name}$`));
  });

  test('threads: run a coroutine on the loop, which attributes its output to the request', async () => {
    await using booted = await boot(SYNC, 2);
    assert.deepEqual(await Promise.all(['a', 'b'].map((name) => booted.json({ what: 'inner', name }, name))), [
      'a',
      'b',
    ]);
    assert.deepEqual([booted.of('a'), booted.of('b')], [['of a coroutine'], ['of a coroutine']]);
  });

  test('threads: provide the trace id in the context, not in the environment', async () => {
    await using booted = await boot(SYNC, 2);
    assert.deepEqual(await booted.json({ what: 'trace' }, 'a'), [null, 'trace of a']);
    await using single = await boot(SYNC, 1);
    assert.deepEqual(await single.json({ what: 'trace' }, 'a'), ['trace of a', 'trace of a']);
  });

  test('coroutines: share one loop for the life of the sandbox', async () => {
    await using booted = await boot(ASYNC, 3);
    const loops = await Promise.all(names(3).map((name) => booted.json({ what: 'loop' }, name)));
    assert.deepEqual(loops, [await booted.json({ what: 'loop' }), loops[0], loops[0]]);
  });

  test('coroutines: answer that they were cancelled, and serve the next request', async () => {
    await using booted = await boot(ASYNC, 2);
    assert.equal(payloadOf(await booted.invoke({ what: 'cancels' }))['errorType'], 'CancelledError');
    assert.equal(await booted.json({ what: 'sleep', ms: 1 }), 'slept');
  });

  test('coroutines: end the process from tasks they left running', async () => {
    await using booted = await boot(ASYNC, 2);
    const outcome = await booted.invoke({ what: 'strays', code: 5 });
    assert.deepEqual(outcome, { kind: 'exit', exit: { code: 5, signal: null, outOfMemory: false } });
  });
});
