import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LogLine } from '../../src/cli/fast/log-line.ts';
import { ShownRecords } from '../../src/cli/fast/shown-records.ts';

/** What tells records apart here; many are equal. */
interface Printed {
  readonly time: number;
  readonly text: string;
}

/** The next step, and its parameter. */
type Step = readonly [what: 'print' | 'deliver' | 'flush' | 'pass' | 'kill' | 'disconnect' | 'connect', much: number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom<Step[0][]>('print', 'print', 'deliver', 'deliver', 'flush', 'pass', 'kill', 'disconnect', 'connect'),
  fc.nat({ max: 30 }),
);

/** Daemons with one store, one after the other, and a follower of one function's log. */
class World {
  /** What the daemon has printed, in its order; the first `#stored` of it survive a kill. */
  readonly #log: Printed[] = [];
  #stored = 0;
  /** How much of the log the connected follower has received. */
  #delivered = 0;
  /** How much of the log the follower has received over any connection. */
  #received = 0;
  #isConnected = true;
  readonly #shown: ShownRecords;
  #now = 1_000_000;
  #monotonic = 0;
  /** Where the part of the log begins that the follower has to show. */
  readonly #from: number;
  readonly #seenOnly: Printed[] = [];
  readonly output: Printed[] = [];

  constructor(before: number, lines: number | undefined) {
    // Equal records are not cut apart by `lines`: nothing could tell how many of them were left out.
    this.#print(before, (i) => `before ${i}`);
    this.#shown = new ShownRecords(lines === 0 ? (this.#now += 10) : undefined);
    this.#from = lines === undefined ? 0 : Math.max(0, before - lines);
    this.#receive(this.#log.slice(this.#from));
    this.#stored = before;
    this.#endStored();
  }

  /** What the output has to be, in any order. */
  get expected(): readonly Printed[] {
    return [...this.#log.slice(this.#from), ...this.#seenOnly];
  }

  run([what, much]: Step): void {
    if (what === 'print') this.#print(much);
    if (what === 'deliver') this.#deliver(much);
    if (what === 'flush') this.#stored = this.#log.length;
    if (what === 'pass') this.#pass(much * 1000);
    if (what === 'kill') this.#kill(much);
    if (what === 'disconnect') this.#isConnected = false;
    if (what === 'connect' && !this.#isConnected) this.#connect(much);
  }

  end(): void {
    if (!this.#isConnected) this.#connect(0);
    this.#deliver(this.#log.length);
  }

  /** Prints several in a millisecond, some of them older than the one before. */
  #print(count: number, textOf = (i: number): string => (i % 2 === 0 ? 'tick' : `${count}`)): void {
    for (let i = 0; i < count; i += 1) {
      if (i % 3 === 0) this.#now += 1;
      this.#log.push({ time: i % 7 === 6 ? this.#now - 2 : this.#now, text: textOf(i) });
    }
  }

  #deliver(count: number): void {
    if (!this.#isConnected) return;
    this.#receive(this.#log.slice(this.#delivered, this.#delivered + count));
    this.#delivered = this.#received = Math.min(this.#log.length, this.#delivered + count);
  }

  /** In this time everything is stored and sent. */
  #pass(ms: number): void {
    this.#stored = this.#log.length;
    this.#deliver(this.#log.length);
    this.#now += ms;
    this.#monotonic += ms;
  }

  /** Of what is not stored, a part is stored after all. */
  #kill(much: number): void {
    const end = Math.min(this.#log.length, this.#stored + much);
    this.#seenOnly.push(...this.#log.slice(Math.max(this.#from, end), Math.max(end, this.#received)));
    this.#log.length = this.#stored = end;
    this.#received = Math.min(this.#received, end);
    this.#isConnected = false;
  }

  /** Sends the stored records again; an odd `much` loses the connection on the way. */
  #connect(much: number): void {
    this.#stored = this.#log.length;
    this.#shown.resume();
    const since = this.#shown.since ?? 0;
    const sent = this.#log.filter(({ time }) => time >= since);
    const half = Math.min(sent.length, much);
    this.#receive(sent.slice(0, half));
    if (much % 2 === 1) return;
    this.#receive(sent.slice(half));
    this.#endStored();
  }

  #endStored(): void {
    this.output.push(...this.#shown.endStored().map(printedOf));
    this.#isConnected = true;
    this.#delivered = this.#received = this.#log.length;
  }

  #receive(records: readonly Printed[]): void {
    const lines = records.map((record) => new LogLine(JSON.stringify(record)));
    this.output.push(...this.#shown.take(lines, this.#monotonic).map(printedOf));
  }
}

function printedOf({ record: { time, text } }: LogLine): Printed {
  return { time, text };
}

function sorted(records: readonly Printed[]): readonly string[] {
  return records.map(({ time, text }) => `${time} ${text}`).toSorted();
}

describe('a follower of logs over several daemons', () => {
  test('shows every record once: those it received, and those that were stored', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 40 }),
        fc.option(fc.nat({ max: 30 }), { nil: undefined }),
        fc.array(step, { maxLength: 40 }),
        (before, lines, steps) => {
          const world = new World(before, lines);
          for (const each of steps) world.run(each);
          world.end();
          assert.deepEqual(sorted(world.output), sorted(world.expected));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
