import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { EndMarks, type ReportedEnd } from '../../../../src/driver/docker/container/end-marks.ts';

const MARK = '\0lam-end 1 137 2\0';

/** Cuts `bytes` at these places. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

function passed(marks: EndMarks, stream: 'stdout' | 'stderr', pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat(pieces.flatMap((piece) => marks.without(stream, piece)));
}

/** What `end` has resolved with so far. */
async function soFar(end: Promise<ReportedEnd>): Promise<ReportedEnd | undefined> {
  return Promise.race([end, new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))]);
}

describe('the marks at the end of code', () => {
  test('are taken out of any output, however it is cut, and nothing else is', async () => {
    const text = fc.array(fc.constantFrom('a', '\n', '\0', '\0lam-end ', '\0lam', '12'), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(text, text, fc.array(fc.nat(200), { maxLength: 6 }), async (before, after, places) => {
        // What may begin a mark is held back until it is longer than one.
        const [first, last] = [before.join(''), `${after.join('')}${'.'.repeat(64)}`];
        const marks = new EndMarks();
        const end = marks.next();
        const printed = Buffer.from(`${first}${MARK}${last}`);
        const got = passed(marks, 'stdout', cut(printed, places)).toString('latin1');
        // What was printed before may end as a mark begins.
        assert.equal(got.replaceAll(MARK, ''), `${first}${last}`.replaceAll(MARK, ''));
        assert.equal(await soFar(end), undefined, 'stderr has none yet');
        passed(marks, 'stderr', cut(Buffer.from(MARK), places));
        const reported = await soFar(end);
        if (!got.includes(MARK)) assert.deepEqual(reported, { status: 137, memoryKills: 2 });
      }),
    );
  });

  test('count for their own life alone', async () => {
    const marks = new EndMarks();
    const first = marks.next();
    const second = marks.next();
    for (const stream of ['stdout', 'stderr'] as const) marks.without(stream, Buffer.from(MARK));
    assert.equal(await soFar(Promise.race([first, second])), undefined);
    for (const stream of ['stdout', 'stderr'] as const) marks.without(stream, Buffer.from('\0lam-end 2 4 0\0'));
    assert.deepEqual(await soFar(second), { status: 4, memoryKills: 0 });
  });

  test('of the code\u2019s own do not hide that of its end', async () => {
    const marks = new EndMarks();
    const end = marks.next();
    marks.without('stdout', Buffer.from('\0lam-end 1 0 0\0'));
    for (const stream of ['stdout', 'stderr'] as const) marks.without(stream, Buffer.from(MARK));
    assert.deepEqual(await soFar(end), { status: 137, memoryKills: 2 });
  });
});
