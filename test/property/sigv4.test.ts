import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isLamError } from '../../src/errors/index.ts';
import { presignedHead, signedHead, testVerifier, withHeaders, type SignedHead } from '../support/sigv4.ts';

const verifier = testVerifier();

function codeOf(head: SignedHead, body: Uint8Array): string {
  const verdict = verifier.verify(head, body);
  return isLamError(verdict) ? verdict.code : 'right';
}

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((value) => value.isWellFormed());
const segment = text.map((value) => encodeURIComponent(value)).filter((value) => value !== '.' && value !== '..');
const word = fc.stringMatching(/^[!-~]{1,10}$/);
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
  query: fc.dictionary(
    text.filter((name) => !/^x-amz-/i.test(name)),
    fc.oneof(text, fc.array(text, { minLength: 2, maxLength: 3 })),
    { maxKeys: 3, noNullPrototype: true },
  ),
  headers: fc
    .dictionary(fc.stringMatching(/^x-[a-z]{1,6}$/), fc.array(word, { minLength: 1, maxLength: 3 }), {
      maxKeys: 3,
      noNullPrototype: true,
    })
    .map((headers) => Object.fromEntries(Object.entries(headers).map(([name, words]) => [name, words.join('  ')]))),
  body: fc.uint8Array({ maxLength: 40 }),
});
const isChecked = fc.boolean();

describe('signatures of AWS’s clients', () => {
  test('are right however a request looks, in headers and in the query', async () => {
    await fc.assert(
      fc.asyncProperty(request, isChecked, fc.boolean(), async (plain, checksum, isPresigned) => {
        const sign = isPresigned ? presignedHead : signedHead;
        assert.equal(codeOf(await sign(plain, { checksum }), plain.body), 'right');
      }),
    );
  });

  test('are wrong once anything that was signed is different', async () => {
    const change = fc.constantFrom('method', 'path', 'query', 'header', 'body', 'signature', 'secret', 'added');
    await fc.assert(
      fc.asyncProperty(request, isChecked, fc.boolean(), change, async (plain, checksum, isPresigned, what) => {
        const sign = isPresigned ? presignedHead : signedHead;
        const head = await sign(plain, { checksum, ...(what === 'secret' ? { secret: 'another' } : {}) });
        const body = what === 'body' ? Buffer.concat([plain.body, Buffer.from('x')]) : plain.body;
        assert.equal(codeOf(changed(head, what), body), 'LAM_ACCESS_SIGNATURE_WRONG');
      }),
    );
  });

  test('cannot be said in a way that throws', () => {
    const odd = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(odd, odd, odd, fc.boolean(), (authorization, date, query, isPresigned) => {
        const start = isPresigned ? 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-' : '';
        const headers = { host: 'h', authorization: `AWS4-HMAC-SHA256 ${authorization}`, 'x-amz-date': date };
        const head = {
          method: 'GET',
          path: '/%',
          query: `${start}${query}`,
          headers,
          rawHeaders: Object.entries(headers).flat(),
        };
        const refused = verifier.early(head);
        assert.match(refused?.code ?? '', /^LAM_ACCESS_(?:UNSIGNED|CLIENT_UNKNOWN|SIGNATURE_)/);
      }),
    );
  });
});

function changed(head: SignedHead, what: string): SignedHead {
  switch (what) {
    case 'method':
      return { ...head, method: 'PATCH' };
    case 'path':
      return { ...head, path: `${head.path}x` };
    case 'query':
      return { ...head, query: `${head.query}${head.query === '' ? '' : '&'}more=1` };
    case 'header':
      return withHeaders(head, { host: 'other.example' });
    case 'added':
      return withHeaders(head, { 'x-amz-invocation-type': 'Event' });
    case 'signature': {
      const flip = (hex: string): string => hex.replace(/[0-9a-f]$/, (digit) => (digit === '0' ? '1' : '0'));
      const { authorization } = head.headers;
      if (authorization !== undefined) return withHeaders(head, { authorization: flip(authorization) });
      const query = head.query.replace(/(?<=X-Amz-Signature=)[0-9a-f]{64}/, flip);
      return { ...head, query };
    }
    default:
      return head;
  }
}
