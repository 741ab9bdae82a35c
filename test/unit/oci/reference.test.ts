import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLamError } from '../../../src/errors/index.ts';
import {
  looksLikeOciReference,
  ociReferenceText,
  parseOciReference,
  parseRegistryHost,
} from '../../../src/oci/index.ts';

const DIGEST = `sha256:${'0a'.repeat(32)}`;

function fault(text: string): { readonly why: string; readonly nearest: string } {
  try {
    parseOciReference(text);
  } catch (error) {
    assert.ok(isLamError(error) && error.code === 'LAM_OCI_BAD_REFERENCE');
    return { why: error.message, nearest: String(error.details['nearest']) };
  }
  assert.fail(`'${text}' was to be refused`);
}

test('references are read as docker reads them, and written the same', () => {
  assert.deepEqual(parseOciReference('localhost/a'), { host: 'localhost', repository: 'a', tag: 'latest' });
  assert.deepEqual(parseOciReference('localhost:5000/team/a_b/c--d:V1.0-rc'), {
    host: 'localhost:5000',
    repository: 'team/a_b/c--d',
    tag: 'V1.0-rc',
  });
  assert.deepEqual(parseOciReference(`r.example.com/a@${DIGEST}`), {
    host: 'r.example.com',
    repository: 'a',
    digest: DIGEST,
  });
  for (const text of [`[::1]:5000/a:b@${DIGEST}`, 'r.example.com/a/b:1', `r.example.com/a@${DIGEST}`])
    assert.equal(ociReferenceText(parseOciReference(text)), text);
});

test('what is no reference is refused with the nearest one that is', () => {
  for (const [text, why, nearest] of [
    ['hello', /lacks the host/, 'localhost:5000/hello:latest'],
    ['team/hello:1', /'team' is no host/, 'localhost:5000/team/hello:1'],
    ['https://r.example.com/Team/Hello', /no scheme/, 'r.example.com/team/hello:latest'],
    ['http://localhost:5000/x:1', /no scheme/, 'localhost:5000/x:1'],
    ['r.example.com/Team/He llo', /may hold a-z/, 'r.example.com/team/he-llo:latest'],
    ['r.example.com/a//b', /may hold a-z/, 'r.example.com/a/b:latest'],
    ['r.example.com/../etc', /may hold a-z/, 'r.example.com/etc:latest'],
    ['r.example.com/a:-x y', /the tag/, 'r.example.com/a:x-y'],
    ['r.example.com/a@sha256:12', /a digest is/, 'r.example.com/a:latest'],
    ['r.example.com/a@md5:12', /a digest is/, 'r.example.com/a:latest'],
    [`r.example.com/${'a'.repeat(300)}`, /longer than 255/, `r.example.com/${'a'.repeat(255)}:latest`],
    ['r.example.com/', /may hold a-z/, 'r.example.com/hello:latest'],
    ['', /lacks the host/, 'localhost:5000/hello:latest'],
  ] as const) {
    const found = fault(text);
    assert.match(found.why, why, text);
    assert.equal(found.nearest, nearest);
    assert.doesNotThrow(() => parseOciReference(found.nearest));
  }
});

test('functions, paths and hosts are told apart', () => {
  const words = ['hello', 'hello@v3', 'hello:prod', '../x', '/x/y', 'r/x'];
  assert.deepEqual(words.filter(looksLikeOciReference), ['r/x']);
  assert.equal(parseRegistryHost('https://r.example.com/'), 'r.example.com');
  for (const text of ['', 'a b', 'r.example.com/x', ':5000'])
    assert.throws(() => parseRegistryHost(text), { code: 'LAM_OCI_BAD_REFERENCE' });
});
