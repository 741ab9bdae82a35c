import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChallenge } from '../../../src/oci/challenge.ts';

test('challenges of registries are read', () => {
  assert.deepEqual(
    parseChallenge('Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"'),
    {
      scheme: 'bearer',
      realm: 'https://auth.example.com/token',
      service: 'registry',
      scope: 'repository:a/b:pull,push',
    },
  );
  assert.deepEqual(parseChallenge('bearer  Realm = "https://a.example/t"'), {
    scheme: 'bearer',
    realm: 'https://a.example/t',
  });
  assert.deepEqual(parseChallenge('Basic realm="Registry, the \\"old\\" one"'), { scheme: 'basic' });
  assert.deepEqual(parseChallenge('Negotiate, Bearer realm="https://a.example/t", error="invalid_token"'), {
    scheme: 'bearer',
    realm: 'https://a.example/t',
  });
  assert.deepEqual(parseChallenge('Bearer service="x", Basic realm="y"'), { scheme: 'basic' });
});

test('what names no realm that can be asked is no challenge', () => {
  for (const header of [undefined, '', 'Bearer', 'Bearer realm=""', 'Bearer realm="/token"', 'Digest realm="x"'])
    assert.equal(parseChallenge(header), undefined, header ?? 'none');
});
