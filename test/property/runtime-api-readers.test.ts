import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../../src/contract/index.ts';
import { openRuntimeApi, type RuntimeApi } from '../../src/executor/runtime-api/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { asRequestId, asSandboxId } from '../support/ids.ts';
import { invoked } from '../support/invoked.ts';
import { context, INIT } from '../unit/executor/runtime-api/rig.ts';

/** Duration of a search (ms). */
const SEARCH_MS = Number(process.env['LAM_TEST_FUZZ_MS'] ?? 4000);
const PREFIX = '/2018-06-01/runtime/invocation';
/** Its answer comes from `node:http`, which keeps the connection then. */
const NOT_PLAIN = 'GET /2018-06-01/ping HTTP/1.1\r\nHost: h\r\n\r\n';

/** One request of a runtime. */
interface Ask {
  readonly what: 'next' | 'response' | 'error';
  /** Whether it names the invocation that runs. */
  readonly isKnown: boolean;
  readonly framing: 'length' | 'chunks';
  readonly body: string;
  readonly headers: readonly string[];
  readonly trailers: readonly string[];
  readonly cuts: readonly number[];
}

const ask: fc.Arbitrary<Ask> = fc.record({
  what: fc.constantFrom('next', 'next', 'response', 'response', 'error'),
  isKnown: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  framing: fc.constantFrom('length', 'chunks'),
  body: fc.oneof(
    fc.constantFrom('', '{"errorMessage":"m","errorType":"Own","stackTrace":[],"cause":1}', '0\r\n\r\n'),
    fc.string(),
    fc.nat({ max: 200_000 }).map((length) => 'x'.repeat(length)),
  ),
  headers: fc.subarray([
    'Content-Type: application/vnd.aws.lambda.error.cause+json',
    'Lambda-Runtime-Function-Error-Type: Function.Odd',
    'Lambda-Runtime-Function-Response-Mode: streaming',
    'Expect: 100-continue',
    'Trailer: Lambda-Runtime-Function-Error-Type',
  ]),
  trailers: fc.subarray([
    'Lambda-Runtime-Function-Error-Type: Function.Late',
    `Lambda-Runtime-Function-Error-Body: ${Buffer.from('{"errorType":"Late"}').toString('base64')}`,
  ]),
  cuts: fc.array(fc.nat({ max: 3000 }), { maxLength: 4 }),
});

function bytesOf({ what, isKnown, framing, body, headers, trailers }: Ask, requestId: string): Buffer {
  if (what === 'next') return Buffer.from(`GET ${PREFIX}/next HTTP/1.1\r\nHost: h\r\n\r\n`);
  const id = isKnown ? requestId : 'another';
  const content = Buffer.from(body);
  const middle = Math.floor(content.length / 2);
  const chunks = [content.subarray(0, middle), content.subarray(middle)].filter(({ length }) => length > 0);
  const framed =
    framing === 'length'
      ? [content]
      : [
          ...chunks.flatMap((one) => [Buffer.from(`${one.length.toString(16)}\r\n`), one, Buffer.from('\r\n')]),
          Buffer.from(`0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`),
        ];
  const length = framing === 'length' ? `Content-Length: ${content.length}` : 'Transfer-Encoding: chunked';
  const head = [`POST ${PREFIX}/${id}/${what} HTTP/1.1`, 'Host: h', length, ...headers, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head), ...framed]);
}

function* cut(bytes: Buffer, cuts: readonly number[]): Generator<Buffer> {
  const ends = [...cuts.map((n) => n % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    if (end > from) yield bytes.subarray(from, end);
    from = end;
  }
}

/** A runtime's one connection to a Runtime API that always has an invocation for it. */
class Runtime {
  readonly #api: RuntimeApi;
  readonly #socket: Socket;
  readonly #outcomes: string[] = [];
  #count = 0;
  #requestId = 'id-1';
  #text = '';

  private constructor(api: RuntimeApi, socket: Socket) {
    this.#api = api;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => (this.#text += chunk.toString('latin1')));
    this.#invoke();
  }

  static async open(): Promise<Runtime> {
    const api = await openRuntimeApi(
      { id: asSandboxId('f'.repeat(32)), listen: { host: '127.0.0.1', port: 0 } },
      { onLog: () => undefined, onProtocolError: (what) => assert.fail(what) },
    );
    assert.ok('port' in api.address);
    void api.session.init({ ...INIT, timeoutMs: 60_000 }, 60_000);
    const socket = connect(api.address.port, '127.0.0.1');
    await once(socket, 'connect');
    return new Runtime(api, socket);
  }

  get outcomes(): readonly string[] {
    return this.#outcomes;
  }

  /** Of the invocation that it got last; before the first, of the one that waits. */
  get requestId(): string {
    return this.#requestId;
  }

  /** Sends the pieces one after the other; the answer but for the parts that the two readers word differently. */
  async send(pieces: Iterable<Buffer>): Promise<string> {
    this.#text = '';
    for (const piece of pieces) {
      if (this.#socket.destroyed) break;
      await new Promise<void>((resolve) => this.#socket.write(piece, () => resolve()));
      await new Promise(setImmediate);
    }
    for (;;) {
      const text = this.#text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
      const head = /^.*?\r\n\r\n/s.exec(text)?.[0];
      const length = Number(/content-length: (\d+)/i.exec(head ?? '')?.[1]);
      if (head !== undefined && text.length >= head.length + length) {
        this.#requestId = /^Lambda-Runtime-Aws-Request-Id: (.*)\r$/im.exec(head)?.[1] ?? this.#requestId;
        return text.replace(/^Date: .*\r\n/m, '');
      }
      if (this.#socket.destroyed) return `${text} (closed)`;
      await new Promise(setImmediate);
    }
  }

  close(): void {
    this.#socket.destroy();
    this.#api.close();
  }

  #invoke(): void {
    this.#count++;
    const one = context({ requestId: asRequestId(`id-${this.#count}`), deadlineMs: 1_700_000_000_000 });
    void invoked(this.#api.session, one, Buffer.from(`{"n":${this.#count}}`)).then((outcome) => {
      this.#outcomes.push(textOf(outcome));
      // An ended session settles all others as the one or the other.
      if (outcome.kind !== 'exit' && outcome.kind !== 'unstarted') this.#invoke();
    });
  }
}

function textOf(outcome: InvokeOutcome): string {
  const { payload, ...rest } = { payload: new Uint8Array(), ...outcome };
  return JSON.stringify({ ...rest, payload: Buffer.from(payload).toString() });
}

/** What a runtime sees that sends these requests, each after the answer to the last one, and what its callers see. */
async function play(asks: readonly Ask[], first: readonly string[]): Promise<readonly string[]> {
  const runtime = await Runtime.open();
  try {
    for (const text of first) await runtime.send([Buffer.from(text)]);
    const answers: string[] = [];
    for (const one of asks) answers.push(await runtime.send(cut(bytesOf(one, runtime.requestId), one.cuts)));
    // The last one is running or waits.
    return [...answers, ...runtime.outcomes];
  } finally {
    runtime.close();
  }
}

async function agree(asks: readonly Ask[]): Promise<readonly string[]> {
  const [ours, ofNode] = await Promise.all([play(asks, []), play(asks, [NOT_PLAIN])]);
  assert.deepEqual(ours, ofNode);
  return ours;
}

const PLAIN: Ask = {
  what: 'response',
  isKnown: true,
  framing: 'length',
  body: 'x',
  headers: [],
  trailers: [],
  cuts: [],
};
const NEXT: Ask = { ...PLAIN, what: 'next' };

describe("a Runtime API's own reader and node:http", () => {
  test('give any requests the same answers, and their callers the same outcomes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { minLength: 1, maxLength: 8 }), async (asks) => void (await agree(asks))),
      { numRuns: 1_000_000, interruptAfterTimeLimit: SEARCH_MS },
    );
  });

  for (const framing of ['length', 'chunks'] as const)
    test(`take the largest answer by ${framing}, refuse a longer one, and serve the next request`, async () => {
      const largest = { ...PLAIN, framing, body: 'x'.repeat(LIMITS.payloadBytes) };
      const seen = await agree([NEXT, largest, NEXT, { ...largest, body: `${largest.body}x` }, NEXT, PLAIN, NEXT]);
      const statuses = seen.slice(0, 7).map((text) => text.slice(9, 12));
      assert.deepEqual(statuses, ['200', '202', '200', '413', '200', '202', '200']);
      assert.match(seen[8] ?? '', /^\{"kind":"too-large"/);
    });
});
