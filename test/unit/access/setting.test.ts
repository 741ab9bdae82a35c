import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { authFault, isProtecting, type AuthSetting } from '../../../src/access/index.ts';

describe('the setting auth', () => {
  const good: readonly AuthSetting[] = [
    'none',
    'api-key',
    { type: 'api-key', header: 'X-Token', keys: ['shop'] },
    { type: 'jwt', issuer: 'https://a.example', audience: ['x'] },
    { type: 'jwt', issuer: 'anyone', jwks: 'http://127.0.0.1:8080/keys' },
    { type: 'jwt', secret: '${S}', identitySource: ['$request.querystring.token'] },
    { type: 'webhook', sender: 'standard', secret: ['${A}', '${B}'], tolerance: 10 },
    { type: 'basic', users: { ada: '${PASSWORD}' } },
    { type: 'lambda', function: 'gate', ttl: 0, identitySource: ['$request.header.X-A', '$request.querystring.b'] },
  ];
  for (const setting of good)
    test(`accepts ${JSON.stringify(setting)}`, () => {
      assert.equal(authFault(setting), undefined);
      assert.equal(isProtecting(setting), setting !== 'none');
    });

  const bad: readonly (readonly [AuthSetting, RegExp])[] = [
    ['apikey', /'apikey'; there are none, api-key, jwt, webhook, basic, lambda, aws-iam/],
    ['constructor', /'constructor'; there are/],
    ['jwt', /neither issuer nor jwks nor secret/],
    ['webhook', /type webhook without sender/],
    [{ type: 'none', keys: ['a'] }, /keys in auth, which is no option of none$/],
    [{ type: 'basic', secret: '${S}' }, /secret in auth, which is no option of basic; it has users, realm/],
    [{ type: 'basic', users: {} }, /no users/],
    [{ type: 'basic', users: { 'a:b': '${P}' } }, /the user 'a:b'/],
    [{ type: 'basic', users: { ada: 'lovelace' } }, /in plain text; write \$\{NAME\}/],
    [{ type: 'webhook', sender: 'github', secret: 'plain' }, /in plain text; write \$\{NAME\}/],
    [{ type: 'webhook', sender: 'github', secret: ['${A}', 'x${B}'] }, /in plain text; write \$\{NAME\}/],
    [{ type: 'jwt', secret: 'plain' }, /in plain text; write \$\{NAME\}/],
    [{ type: 'jwt', secret: '${S}', jwks: 'https://a/keys' }, /jwks and secret/],
    [{ type: 'jwt', issuer: 'a.example' }, /'a.example', which is no URL/],
    [{ type: 'jwt', jwks: 'file:///etc/passwd' }, /'file:\/\/\/etc\/passwd', which is no URL/],
    [{ type: 'jwt', jwks: 'https://user:secret@a.example/keys' }, /no URL/],
    [{ type: 'jwt', issuer: 'https://a', identitySource: ['Authorization'] }, /'Authorization'; write \$request/],
    [{ type: 'jwt', issuer: 'https://a', identitySource: ['$request.header.A', '$request.header.B'] }, /several/],
    [{ type: 'lambda', function: 'a b' }, /'a b', which is no function's name/],
    [{ type: 'lambda', function: 'gate', identitySource: ['$context.path'] }, /'\$context.path'; write/],
    [{ type: 'api-key', header: 'X Key' }, /'X Key', which is no header's name/],
  ];
  for (const [setting, words] of bad)
    test(`refuses ${JSON.stringify(setting)}`, () => assert.match(authFault(setting) ?? 'no fault', words));
});
