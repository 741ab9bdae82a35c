import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

interface Job {
  readonly name: string;
  readonly width: number;
}
interface Module {
  sideBySide(
    jobs: readonly Job[],
    how: {
      readonly places: number;
      readonly widthOf: (job: Job) => number;
      readonly signal: AbortSignal;
      readonly runOne: (job: Job, places: number) => Promise<string>;
    },
  ): Promise<readonly string[]>;
  readonly Turns: new (
    order: readonly string[],
    print: (line: string) => void,
  ) => { open(job: string): { line(text: string): void; end(): void } };
}
const path = new URL('../../../scripts/side-by-side.mjs', import.meta.url).href;
const { sideBySide, Turns } = (await import(path)) as Module;

describe('lanes of the tests', () => {
  const jobs = [
    { name: 'a', width: 1 },
    { name: 'b', width: 1 },
    { name: 'wide', width: 2 },
    { name: 'wider', width: 2 },
  ];
  /** Starts `jobs`; `finish` ends one, `events` tells what started and ended. */
  function started(places: number): {
    readonly events: string[];
    readonly all: Promise<readonly string[]>;
    readonly stop: AbortController;
    finish(name: string): Promise<void>;
  } {
    const events: string[] = [];
    const ends = new Map<string, (result: string) => void>();
    const stop = new AbortController();
    const runOne = ({ name, width }: Job, given: number): Promise<string> => {
      events.push(given === width ? `+${name}` : `+${name} in ${given}`);
      return new Promise((resolve) => ends.set(name, resolve));
    };
    const all = sideBySide(jobs, { places, widthOf: ({ width }) => width, signal: stop.signal, runOne });
    const finish = async (name: string): Promise<void> => {
      events.push(`-${name}`);
      ends.get(name)?.(name);
      await new Promise(setImmediate);
    };
    return { events, all, stop, finish };
  }

  test('run side by side, wide ones first, as far as there are places', async () => {
    const { events, all, finish } = started(3);
    for (const name of ['wide', 'a', 'wider', 'b']) await finish(name);
    assert.deepEqual(events, ['+wide', '+a', '-wide', '+wider', '-a', '+b', '-wider', '-b']);
    assert.deepEqual(await all, ['a', 'b', 'wide', 'wider'], 'in the order of the list');
  });

  test('start with fewer places where no other fits', async () => {
    const { events, all, finish } = started(3);
    for (const name of ['a', 'b', 'wide', 'wider']) await finish(name);
    assert.deepEqual(events, ['+wide', '+a', '-a', '+b', '-b', '+wider in 1', '-wide', '-wider']);
    await all;
  });

  test('all run with few places, one after the other', async () => {
    const { events, all, finish } = started(1);
    for (const name of ['a', 'b', 'wide', 'wider']) await finish(name);
    assert.deepEqual(events, ['+a', '-a', '+b', '-b', '+wide in 1', '-wide', '+wider in 1', '-wider']);
    await all;
  });

  test('start no more once they are stopped', async () => {
    const { events, all, stop, finish } = started(2);
    stop.abort();
    await finish('wide');
    assert.deepEqual(events, ['+wide', '-wide']);
    assert.deepEqual(await all, ['wide']);
  });
});

describe('the output of lanes that run at the same time', () => {
  test('is printed one lane after the other, that of the first at once', async () => {
    const printed: string[] = [];
    const turns = new Turns(['a', 'b', 'c'], (line) => void printed.push(line));
    const [c, b] = [turns.open('c'), turns.open('b')];
    c.line('c1');
    b.line('b1');
    await Promise.resolve();
    assert.deepEqual(printed, ['b1'], 'b is the first in order of those that started together');
    const a = turns.open('a');
    a.line('a1');
    c.end();
    await Promise.resolve();
    b.line('b2');
    assert.deepEqual(printed, ['b1', 'b2'], 'b keeps its turn');
    b.end();
    a.line('a2');
    assert.deepEqual(printed, ['b1', 'b2', 'a1', 'a2']);
    a.end();
    assert.deepEqual(printed, ['b1', 'b2', 'a1', 'a2', 'c1']);
  });
});
