import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readChunks } from '../../../src/http/chunks.ts';

const read = (text: string): ReturnType<typeof readChunks> => readChunks(Buffer.from(text, 'latin1'), 0);

describe('a body in chunks', () => {
  test('is parsed at any offset, with any bytes around it', () => {
    const body = '3\r\nabc\r\n00B\r\n0\r\n\r\nGET / \r\n0\r\nLate: yes \r\nx-empty:\r\n\r\n';
    const parsed = readChunks(Buffer.from(`before${body}behind`), 6);
    assert.ok(typeof parsed !== 'string');
    assert.equal(parsed.body.toString(), 'abc0\r\n\r\nGET / ');
    assert.deepEqual({ ...parsed.trailers }, { late: 'yes', 'x-empty': '' });
    assert.equal(parsed.bytes, body.length);
  });

  test('is incomplete up to its last byte', () => {
    const body = '3\r\nabc\r\n0\r\nLate: yes\r\n\r\n';
    for (let end = 0; end < body.length; end++) assert.equal(read(body.slice(0, end)), 'incomplete', `${end} bytes`);
    assert.notEqual(read(body), 'incomplete');
  });

  test('may be empty', () => {
    const parsed = read('0\r\n\r\n');
    assert.ok(typeof parsed !== 'string');
    assert.deepEqual([parsed.body.length, parsed.bytes], [0, 5]);
  });

  for (const [what, text] of [
    ['without a length', '\r\nabc'],
    ['with an extension', '3;a=b\r\nabc\r\n0\r\n\r\n'],
    ['with a space behind its length', '3 \r\nabc\r\n0\r\n\r\n'],
    ['with a sign', '+3\r\nabc\r\n0\r\n\r\n'],
    ['with a length of eight digits', '00000003\r\nabc\r\n0\r\n\r\n'],
    ['with a bare line feed', '3\nabc\r\n0\r\n\r\n'],
    ['longer than its length', '3\r\nabcd\r\n0\r\n\r\n'],
    ['with a trailer twice', '0\r\na: 1\r\nA: 2\r\n\r\n'],
    ['with a trailer that changes the framing', '0\r\nContent-Length: 1\r\n\r\n'],
    [
      'with more trailers than headers may be',
      `0\r\n${Array.from({ length: 101 }, (_, i) => `x${i}: 1\r\n`).join('')}\r\n`,
    ],
  ] as const)
    test(`is left to node:http ${what}`, () => assert.equal(read(text), 'declined'));
});
