import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SIGNATURE_NAMES, verifySignature, type SignatureName, type SignedHeaders } from '../../src/access/index.ts';

const AT = 1_700_000_000;
const SECRET = 'c2VjcmV0';

/** Signs as each sender documents it. */
const SIGN: Readonly<Record<SignatureName, (body: Buffer) => Record<string, string>>> = {
  github: (body) => ({ 'x-hub-signature-256': `sha256=${hmac('', body).toString('hex')}` }),
  stripe: (body) => ({ 'stripe-signature': `t=${AT},v1=${hmac(`${AT}.`, body).toString('hex')}` }),
  slack: (body) => ({
    'x-slack-request-timestamp': `${AT}`,
    'x-slack-signature': `v0=${hmac(`v0:${AT}:`, body).toString('hex')}`,
  }),
  standard: (body) => ({
    'webhook-id': 'm',
    'webhook-timestamp': `${AT}`,
    'webhook-signature': `v1,${hmac(`m.${AT}.`, body, Buffer.from(SECRET, 'base64')).toString('base64')}`,
  }),
};

function hmac(prefix: string, body: Buffer, key: string | Buffer = SECRET): Buffer {
  return createHmac('sha256', key).update(prefix).update(body).digest();
}

function verify(scheme: SignatureName, headers: SignedHeaders, body: Uint8Array): boolean {
  const found = verifySignature({ headers, body }, { scheme, secrets: [SECRET], now: AT * 1000, tolerance: 300 });
  return !('fault' in found);
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((body) => Buffer.from(body));
const scheme = fc.constantFrom(...SIGNATURE_NAMES);

describe('signatures of webhooks', () => {
  test('what a sender signs is authentic, whatever the bytes', () => {
    fc.assert(fc.property(scheme, bytes, (name, body) => verify(name, SIGN[name](body), body)));
  });

  test('a body with one changed, added or removed byte is not', () => {
    fc.assert(
      fc.property(scheme, bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (name, body, at, by) => {
        const headers = SIGN[name](body);
        const index = body.length === 0 ? 0 : at % body.length;
        const changed = Buffer.from(body);
        if (body.length > 0) changed[index] = (changed[index] as number) ^ by;
        const shorter = Buffer.concat([body.subarray(0, index), body.subarray(index + 1)]);
        const others = [Buffer.concat([body, Buffer.from([by])]), ...(body.length > 0 ? [changed, shorter] : [])];
        return others.every((other) => !verify(name, headers, other));
      }),
    );
  });

  test('headers of random text are refused, and nothing throws', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('v1,', 't=,v1=', 'sha256=', 'v0='),
    );
    fc.assert(
      fc.property(scheme, bytes, text, fc.boolean(), (name, body, junk, isBefore) => {
        for (const [header, value] of Object.entries(SIGN[name](body))) {
          const list: SignedHeaders = { ...SIGN[name](body), [header]: [value, value] };
          assert.equal(verify(name, list, body), false, 'a header that came twice');
          const replaced = { ...SIGN[name](body), [header]: junk };
          if (junk !== value) assert.equal(verify(name, replaced, body), false);
          const glued = { ...SIGN[name](body), [header]: isBefore ? `${junk}${value}` : `${value}${junk}` };
          // Only what cannot change the meaning may be there besides: white space, other members of a list.
          if (junk !== '' && verify(name, glued, body)) assert.match(header, /^(?:stripe|webhook)-signature$/);
        }
      }),
    );
  });
});
