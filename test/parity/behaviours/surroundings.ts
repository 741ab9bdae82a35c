import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.ts';

/** Time limit of the function `main` (ms). */
const TIMEOUT_MS = 20_000;

export const context: Behaviour = {
  title: 'has the facts of the call in its context',
  async run(place) {
    const called = await place.call('main', { do: 'context' });
    assert.equal(called.functionError, undefined, called.body);
    const seen = JSON.parse(called.body) as Record<string, unknown>;
    const expected: Record<string, (value: unknown) => boolean> = {
      requestId: (value) => value === called.requestId,
      functionName: (value) => value === 'main',
      functionVersion: (value) => value === '1',
      memoryLimit: (value) => Number(value) === place.memoryMiB,
      functionArn: (value) => /^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:main$/.test(String(value)),
      logGroup: (value) => value === '/aws/lambda/main',
      logStream: (value) => typeof value === 'string' && value.length > 10,
      remainingMs: (value) => Number(value) > TIMEOUT_MS / 2 && Number(value) <= TIMEOUT_MS,
    };
    const members = Object.keys(expected).filter((name) => !place.runtime.contextWithout?.includes(name));
    assert.deepEqual(
      members.filter((name) => expected[name]?.(seen[name]) !== true),
      [],
      called.body,
    );
  },
};

export const remainingTime: Behaviour = {
  title: 'sees its remaining time fall',
  async run(place) {
    const sleepMs = 150;
    const [before = 0, after = 0] = (await place.result('main', { do: 'remaining', sleepMs })) as number[];
    assert.ok(before <= TIMEOUT_MS && after > 0, `${before} ${after}`);
    assert.ok(before - after >= sleepMs - 10 && before - after < TIMEOUT_MS / 2, `${before} ${after}`);
  },
};

export const environment: Behaviour = {
  title: "finds its own environment and AWS's variables",
  async run(place) {
    const values: Record<string, unknown> = {};
    const names = ['PARITY_VALUE', 'AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'PARITY_UNSET'];
    for (const name of names) values[name] = await place.result('main', { do: 'env', name });
    assert.deepEqual(values, {
      PARITY_VALUE: 'grün=1',
      AWS_LAMBDA_FUNCTION_NAME: 'main',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(place.memoryMiB),
      PARITY_UNSET: null,
    });
  },
};

export const logTail: Behaviour = {
  title: 'prints lines that stand in the log of their call, a half line too',
  async run(place) {
    const marked = (word: string): string => `${word} ${Math.random().toString(36).slice(2)}`;
    const [lines, tail] = [[marked('one'), marked('grün 漢字'), marked('three')], marked('unended')];
    const called = await place.call('main', { do: 'log', lines, tail });
    assert.equal(called.functionError, undefined, called.body);
    assert.equal(JSON.parse(called.body), 'logged');
    const shown = called.tail.split('\n');
    const from = shown.findIndex((line) => line.startsWith(`START RequestId: ${called.requestId}`));
    const to = shown.findIndex((line) => line.startsWith(`END RequestId: ${called.requestId}`));
    const own = shown.slice(from + 1, to).filter((line) => [...lines, tail].some((each) => line.includes(each)));
    assert.deepEqual(
      own.map((line) => [...lines, tail].find((each) => line.includes(each))),
      [...lines, tail],
      called.tail,
    );
  },
};

export const everyLogTail: Behaviour = {
  title: 'has its lines in the log tails of 50 calls, one after the other',
  async run(place) {
    const missing: string[] = [];
    for (let i = 0; i < 50; i += 1) {
      const [line, tail] = [`line ${i} of fifty`, `half ${i} of fifty`];
      const called = await place.call('main', { do: 'log', lines: [line], tail });
      const own = called.tail.slice(called.tail.indexOf('START '), called.tail.indexOf('END '));
      if (!own.includes(line) || !own.includes(tail)) missing.push(called.tail);
    }
    assert.deepEqual(missing, [], `${missing.length} of 50 lack output`);
  },
};

export const logRecords: Behaviour = {
  title: "finds its lines again by the call's request id",
  async run(place) {
    const line = `line ${Math.random().toString(36).slice(2)}`;
    const called = await place.call('main', { do: 'log', lines: [line] });
    await place.call('main', { do: 'log', lines: ['of another call'] });
    const { stdout } = await place.session.ok(['logs', 'main', '--request-id', called.requestId, '--output', 'raw']);
    assert.ok(stdout.includes(line) && !stdout.includes('of another call'), stdout);
  },
};
