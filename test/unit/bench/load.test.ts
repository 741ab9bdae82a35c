import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AnswerReader, headerOf } from '../../../bench/load/answer-reader.ts';
import { curvePoints, histogramOf, merged, percentileMs } from '../../../bench/load/latencies.ts';
import { dueAt } from '../../../bench/load/tasks.ts';
import { requestBytes } from '../../../bench/load/target.ts';
import { parseWrk } from '../../../bench/load/wrk-output.ts';

const ms = (value: number): number => value * 1e6;

describe('latencies', () => {
  test('a histogram keeps three digits', () => {
    const histogram = histogramOf([ms(1), ms(2), ms(3)]);
    equal(histogram.count, 3);
    ok(Math.abs(percentileMs(histogram, 50) - 2) < 0.002);
    ok(Math.abs(percentileMs(histogram, 100) - 3) < 0.003);
    ok(Number.isNaN(percentileMs(histogramOf([]), 50)));
  });

  test('merged histograms are the histogram of all samples', () => {
    const fast = Array.from({ length: 90 }, (_, i) => ms(1 + i / 100));
    const slow = Array.from({ length: 10 }, (_, i) => ms(50 + i));
    const sum = merged([histogramOf(fast), histogramOf(slow)]);
    const whole = histogramOf([...fast, ...slow]);
    equal(sum.count, 100);
    for (const p of [1, 50, 90, 91, 99]) equal(percentileMs(sum, p), percentileMs(whole, p));
    ok(percentileMs(sum, 95) > 49);
  });

  test('a curve ends where samples do', () => {
    const last = (count: number): number | undefined =>
      curvePoints(histogramOf(Array.from({ length: count }, () => ms(1)))).at(-1)?.[0];
    equal(last(100), 99);
    equal(last(1000), 99.9);
    equal(last(99), 98);
  });

  test('the requests of an open loop are due at fixed times', () => {
    deepEqual(
      [0, 1, 500].map((i) => dueAt(i, 500)),
      [0, 2, 1000],
    );
  });
});

describe('reading answers', () => {
  const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Name:  a b \r\n\r\nhello';
  const chunked = 'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n';

  /** The answers read from a text in pieces of `size`. */
  function read(text: string, size: number): (readonly [number, string])[] {
    const reader = new AnswerReader();
    const found: (readonly [number, string])[] = [];
    for (let at = 0; at < text.length; at += size) {
      const answer = reader.push(Buffer.from(text.slice(at, at + size), 'latin1'));
      if (answer !== undefined) found.push([answer.status, answer.body.toString()]);
    }
    return found;
  }

  test('an answer is read once and whole, however it is split', () => {
    for (let size = 1; size <= whole.length; size++) deepEqual(read(whole, size), [[200, 'hello']]);
    for (let size = 1; size <= chunked.length; size++) deepEqual(read(chunked, size), [[404, 'abcde']]);
  });

  test('one answer follows the other on a connection', () => {
    const empty = 'HTTP/1.1 204 No Content\r\n\r\n';
    deepEqual(read(`${whole}${empty}${chunked}${whole}`, 1), [
      [200, 'hello'],
      [204, ''],
      [404, 'abcde'],
      [200, 'hello'],
    ]);
  });

  test('a chunked body may be empty', () => {
    deepEqual(read('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 7), [[200, '']]);
  });

  test('headers are found whatever their case', () => {
    equal(headerOf(whole, 'x-name'), 'a b');
    equal(headerOf(whole, 'content-length'), '5');
    equal(headerOf(whole, 'name'), undefined);
  });

  test('a request says the length of its body in bytes', () => {
    const text = requestBytes('POST', '/f', '"é"').toString();
    ok(text.startsWith('POST /f HTTP/1.1\r\n'));
    ok(text.endsWith('Content-Length: 4\r\n\r\n"é"'));
  });
});

describe('the output of wrk', () => {
  const out = `Running 4s test @ http://127.0.0.1:8000/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.31ms    1.02ms  40.10ms   92.11%
  110512 requests in 4.00s, 20.11MB read
`;
  const end = 'Requests/sec:  27612.40\nTransfer/sec:      5.02MB\n';

  test('a clean run has its rate and no errors', () => {
    deepEqual(parseWrk(`${out}${end}`), { perSecond: 27612.4, errors: 0 });
  });

  test('refused requests and broken sockets are all errors', () => {
    const errors = '  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 100\n';
    equal(parseWrk(`${out}${errors}${end}`).errors, 110);
  });

  test('a run without output has no rate', () => {
    ok(Number.isNaN(parseWrk('unable to connect').perSecond));
  });
});
