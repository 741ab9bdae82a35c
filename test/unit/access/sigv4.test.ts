import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isLamError } from '../../../src/errors/index.ts';
import {
  KEY_ID,
  presignedHead,
  signedHead,
  signer,
  testVerifier,
  withHeaders,
  type SignedHead,
} from '../../support/sigv4.ts';

const AT = Date.parse('2026-01-31T12:00:00Z');
const MINUTE = 60_000;
const REQUEST = { method: 'POST', path: '/2015-03-31/functions/hello/invocations', body: '{}' };
const BODY = Buffer.from('{}');
const MISMATCH =
  /^The request signature we calculated does not match the signature you provided\. Check your AWS Secret/;

/** AWS's name and message of a refusal; `right` for none. */
function said(verdict: unknown): readonly [name: string, message: string] {
  return isLamError(verdict) ? [verdict.awsName, verdict.message] : ['right', ''];
}

describe('a signature', () => {
  const at = (ms: number): ReturnType<typeof testVerifier> => testVerifier(() => AT + ms);

  test('counts for five minutes before and after, by AWS’s rule and in its words', async () => {
    const head = await signedHead(REQUEST, { at: AT });
    for (const ms of [0, 5 * MINUTE, -5 * MINUTE]) assert.equal(said(at(ms).verify(head, BODY))[0], 'right');
    assert.deepEqual(said(at(5 * MINUTE + 1000).early(head)), [
      'InvalidSignatureException',
      'Signature expired: 20260131T120000Z is now earlier than 20260131T120001Z (20260131T120501Z - 5 min.)',
    ]);
    assert.deepEqual(said(at(-5 * MINUTE - 1000).early(head)), [
      'InvalidSignatureException',
      'Signature not yet current: 20260131T120000Z is still later than 20260131T115959Z (20260131T115459Z + 5 min.)',
    ]);
  });

  test('of a URL counts until that expires, again and again, for a week at most', async () => {
    const url = await presignedHead({ ...REQUEST, body: '' }, { at: AT, expiresIn: 3600, checksum: false });
    const empty = Buffer.alloc(0);
    for (const ms of [0, 3_600_000, 3_600_000]) assert.equal(said(at(ms).verify(url, empty))[0], 'right');
    const [name, message] = said(at(3_601_000).early(url));
    assert.equal(name, 'InvalidSignatureException');
    assert.match(
      message,
      /^Signature expired: 20260131T120000Z is now earlier than 20260131T120001Z \(\S+ - 60 min\.\)$/,
    );
    const longer = { ...url, query: url.query.replace('X-Amz-Expires=3600', 'X-Amz-Expires=604800') };
    assert.match(said(at(0).verify(longer, empty))[1], MISMATCH);
    for (const expires of ['604801', '0', 'x', '-1']) {
      const query = url.query.replace('X-Amz-Expires=3600', `X-Amz-Expires=${expires}`);
      assert.equal(at(0).early({ ...url, query })?.code, 'LAM_ACCESS_SIGNATURE_INCOMPLETE');
    }
  });

  test('is refused by what it says', async () => {
    const head = await signedHead(REQUEST, { at: AT });
    const with_ = (from: string | RegExp, to: string): SignedHead =>
      withHeaders(head, { authorization: (head.headers['authorization'] ?? '').replace(from, to) });
    const cases: readonly [SignedHead, string, RegExp][] = [
      [
        withHeaders(head, { authorization: undefined }),
        'MissingAuthenticationTokenException',
        /^Missing Authentication Token$/,
      ],
      [
        withHeaders(head, { authorization: 'AWS4-HMAC-SHA256' }),
        'IncompleteSignatureException',
        /'Credential' parameter/,
      ],
      [with_(/$/, 'zz'), 'InvalidSignatureException', /does not match/],
      [
        with_(/, Signature=.*/, ''),
        'IncompleteSignatureException',
        /^Authorization header requires 'Signature' parameter\.$/,
      ],
      [
        withHeaders(head, { 'x-amz-date': undefined }),
        'IncompleteSignatureException',
        /'X-Amz-Date' or a 'Date' header/,
      ],
      [withHeaders(head, { 'x-amz-date': 'yesterday' }), 'IncompleteSignatureException', /^Date must be in ISO-8601/],
      [
        withHeaders(head, { 'x-amz-date': '20260201T000000Z' }),
        'InvalidSignatureException',
        /^Date in Credential scope/,
      ],
      [with_('aws4_request', 'aws5_request'), 'IncompleteSignatureException', /valid terminator/],
      [with_('/us-east-1', ''), 'IncompleteSignatureException', /exactly 5 slash-delimited/],
      [with_('/lambda/', '/sqs/'), 'InvalidSignatureException', /correct service: 'lambda'/],
      [with_('host;', ''), 'InvalidSignatureException', /'Host' or ':authority' must be/],
      [
        with_(KEY_ID, 'AKIAUNKNOWN'),
        'UnrecognizedClientException',
        /security token included in the request is invalid\.$/,
      ],
      [with_('us-east-1', 'eu-west-1'), 'InvalidSignatureException', MISMATCH],
    ];
    for (const [changed, name, message] of cases) {
      const [is, says] = said(at(0).verify(changed, BODY));
      assert.equal(is, name, says);
      assert.match(says, message);
    }
  });

  test('of a key that has expired is refused as AWS does', async () => {
    const expired = testVerifier(() => AT, { credential: () => 'expired' });
    const refused = expired.early(await signedHead(REQUEST, { at: AT }));
    assert.equal(refused?.code, 'LAM_ACCESS_TOKEN_EXPIRED');
    assert.deepEqual(said(refused), ['ExpiredTokenException', 'The security token included in the request is expired']);
  });

  test('hands the session token to whoever knows keys, from headers and query', async () => {
    const seen: unknown[] = [];
    const verifier = testVerifier(() => AT, {
      credential: (id, token) => {
        seen.push([id, token]);
        return 'unknown';
      },
    });
    verifier.early(await signedHead(REQUEST, { at: AT, sessionToken: 'a/b=' }));
    verifier.early(await presignedHead(REQUEST, { at: AT, sessionToken: 'a/b=' }));
    assert.deepEqual(seen, [
      [KEY_ID, 'a/b='],
      [KEY_ID, 'a/b='],
    ]);
  });

  test('counts for a body that is not signed, if it says so', async () => {
    const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const head = await signedHead({ ...REQUEST, headers }, { at: AT });
    assert.equal(said(at(0).verify(head, Buffer.from('any')))[0], 'right');
    const checked = await signedHead(REQUEST, { at: AT });
    const without = withHeaders(checked, headers);
    assert.match(said(at(0).verify(without, BODY))[1], MISMATCH);
  });

  test('is refused before the body has come where it is wrong whatever the body is', async () => {
    const head = await signedHead(REQUEST, { at: AT, secret: 'another' });
    assert.match(said(at(0).early(head))[1], MISMATCH);
    const later = await signedHead(REQUEST, { at: AT, secret: 'another', checksum: false });
    assert.equal(at(0).early(later), undefined);
    assert.match(said(at(0).verify(later, BODY))[1], MISMATCH);
  });
});

describe('a body of signed chunks', () => {
  test('is that of AWS’s documentation', () => {
    // The example of "Signature calculations for the authorization header: transferring payload in multiple chunks".
    const headers = {
      host: 's3.amazonaws.com',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'content-length': '66824',
      authorization: `AWS4-HMAC-SHA256 Credential=${KEY_ID}/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9`,
    };
    const head = {
      method: 'PUT',
      path: '/examplebucket/chunkObject.txt',
      query: '',
      headers,
      rawHeaders: Object.entries(headers).flat(),
    };
    const chunk = (length: number, signature: string): string =>
      `${length.toString(16)};chunk-signature=${signature}\r\n${'a'.repeat(length)}\r\n`;
    const body = [
      chunk(65_536, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'),
      chunk(1024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'),
      chunk(0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'),
    ].join('');
    const verifier = testVerifier(() => Date.parse('2013-05-24T00:00:00Z'), { services: ['s3'] });
    const verdict = verifier.verify(head, Buffer.from(body));
    assert.ok(!isLamError(verdict), said(verdict).join(': '));
    assert.equal(Buffer.from(verdict.body).toString(), 'a'.repeat(66_560));
    for (const bad of [
      body.slice(0, -1),
      `${body}x`,
      body.slice(0, -chunk(0, '0'.repeat(64)).length),
      body.replace('a', 'b'),
      body.replace('10000;', '00000000010000;'),
      body.replace('\r\n', '\n'),
      body.slice(body.indexOf('400;')),
      '',
    ])
      assert.match(said(verifier.verify(head, Buffer.from(bad)))[1], MISMATCH);
  });

  test('is read chunk by chunk, each signed after the one before, as AWS’s client signs them', async () => {
    const headers = {
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'x-amz-decoded-content-length': '5',
    };
    const head = await signedHead({ ...REQUEST, headers }, { at: AT });
    let signature = /Signature=(\w+)/.exec(head.headers['authorization'] ?? '')?.[1] ?? '';
    let body = '';
    for (const piece of ['abc', 'de', '']) {
      const event = { headers: new Uint8Array(), payload: Buffer.from(piece) };
      signature = await signer().sign(event, { priorSignature: signature, signingDate: new Date(AT) });
      body += `${piece.length.toString(16)};chunk-signature=${signature}\r\n${piece}\r\n`;
    }
    const verifier = testVerifier(() => AT);
    const verdict = verifier.verify(head, Buffer.from(body));
    assert.ok(!isLamError(verdict), said(verdict).join(': '));
    assert.equal(Buffer.from(verdict.body).toString(), 'abcde');
  });
});
