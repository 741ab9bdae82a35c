import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Reply } from '../../src/http/index.ts';
import { parseAnswers } from '../support/answer-parser.ts';
import { apiServer, readAll, READER_NAMES, READERS, testApi, type ReaderName } from '../support/api-server.ts';

/** Duration of a search (ms). */
const SEARCH_MS = Number(process.env['LAM_TEST_FUZZ_MS'] ?? 4000);

/** The answer to one request. */
interface Script {
  readonly method: 'GET' | 'HEAD';
  readonly status: number;
  readonly how: 'send' | 'chunked' | 'known length';
  readonly chunks: readonly string[];
}

const script: fc.Arbitrary<Script> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD'),
  status: fc.constantFrom(200, 200, 200, 404, 503, 204, 304),
  how: fc.constantFrom('send', 'chunked', 'known length'),
  chunks: fc.array(
    fc.oneof(
      fc.stringMatching(/^[a-z0-9\r\n]{0,8}$/),
      fc.constantFrom('', '0\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'),
      fc.nat({ max: 100_000 }).map((length) => 'x'.repeat(length)),
    ),
    { maxLength: 5 },
  ),
});

/** Answers by a script, one step at a time. */
function* play(reply: Reply, { status, how, chunks }: Script): Generator<void, void> {
  const text = chunks.join('');
  if (how === 'send') {
    reply.send(status, ['x-how', how], Buffer.from(text));
    return;
  }
  reply.start(status, how === 'chunked' ? ['x-how', how] : ['x-how', how, 'content-length', String(text.length)]);
  for (const chunk of chunks) {
    yield;
    reply.write(Buffer.from(chunk));
  }
  yield;
  reply.end();
}

/** Sends requests at once, answers them in steps whose order `turns` chooses, and returns all that came back. */
async function run(reader: ReaderName, scripts: readonly Script[], turns: readonly number[]): Promise<Buffer> {
  const plays = new Map<number, Generator<void, void>>();
  let finished = 0;
  await using made = await apiServer([
    testApi({
      serve({ reply, plan }) {
        const i = Number(String(plan).slice(1));
        const one = scripts[i];
        if (one !== undefined) plays.set(i, play(reply, one));
      },
    }),
  ]);
  const socket = await made.dial();
  const all = readAll(socket);
  socket.write(
    scripts.map(({ method }, i) => `${method} /${i} HTTP/1.1\r\nHost: h\r\n${READERS[reader]}\r\n`).join(''),
  );
  for (let turn = 0; finished < scripts.length; turn++) {
    const choice = turns[turn % turns.length] ?? 0;
    const open = [...plays];
    const chosen = open[choice % Math.max(1, open.length)];
    if (chosen?.[1].next().done === true) {
      plays.delete(chosen[0]);
      finished++;
    }
    if (chosen === undefined || choice % 3 === 0) await new Promise(setImmediate);
  }
  socket.end();
  return await all;
}

for (const reader of READER_NAMES) {
  test(`streamed and whole answers reach a client complete and in order, through ${reader}`, async () => {
    const scripts = fc.array(script, { minLength: 1, maxLength: 5 });
    const turns = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(scripts, turns, async (all, order) => {
        const bytes = await run(reader, all, order);
        const answers = parseAnswers(
          bytes,
          all.map(({ method }) => method),
        );
        const expected = all.map(({ method, status, how, chunks }) => ({
          status,
          how,
          body: method === 'HEAD' || status === 204 || status === 304 ? '' : chunks.join(''),
        }));
        assert.deepEqual(
          answers.map(({ status, headers, body }) => ({ status, how: headers.get('x-how'), body })),
          expected,
        );
        for (const [i, { status, headers }] of answers.entries()) {
          if (status === 204 && all[i]?.how !== 'known length')
            assert.ok(!headers.has('content-length') && !headers.has('transfer-encoding'), 'a 204 has no length');
        }
      }),
      { numRuns: 100_000, interruptAfterTimeLimit: SEARCH_MS },
    );
  });
}
