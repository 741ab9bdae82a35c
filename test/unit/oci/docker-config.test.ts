import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { credentialsOf } from '../../../src/oci/docker-config.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe("docker's configuration", () => {
  let folder: string;
  let made = 0;
  const config = (value: unknown, program?: string): { readonly DOCKER_CONFIG: string; readonly PATH: string } => {
    const place = join(folder, String((made += 1)));
    mkdirSync(place);
    writeFileSync(join(place, 'config.json'), typeof value === 'string' ? value : JSON.stringify(value));
    if (program !== undefined)
      writeFileSync(join(place, 'docker-credential-test'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
    return { DOCKER_CONFIG: place, PATH: `${place}:/usr/bin:/bin` };
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lam-docker-config-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('has credentials for hosts, however docker wrote them', async () => {
    const auth = base64('ada:pass:word');
    const ada = { kind: 'password', username: 'ada', password: 'pass:word' };
    for (const key of ['r.example.com', 'https://r.example.com', 'https://r.example.com/v1/'])
      assert.deepEqual(await credentialsOf('r.example.com', config({ auths: { [key]: { auth } } })), ada);
    const hub = config({ auths: { 'https://index.docker.io/v1/': { auth } } });
    assert.deepEqual(await credentialsOf('docker.io', hub), ada);
    assert.equal(await credentialsOf('r.example.com', hub), undefined);
    assert.equal(await credentialsOf('r.example.com', config({ auths: { 'r.example.com': {} } })), undefined);
    assert.equal(await credentialsOf('r.example.com', config({})), undefined);
    assert.equal(await credentialsOf('r.example.com', { DOCKER_CONFIG: join(folder, 'none') }), undefined);
    const identity = config({ auths: { 'r.example.com': { auth: base64('00000000:'), identitytoken: 'abc' } } });
    assert.deepEqual(await credentialsOf('r.example.com', identity), { kind: 'identity', token: 'abc' });
    const bearer = config({ auths: { 'r.example.com': { registrytoken: 'abc' } } });
    assert.deepEqual(await credentialsOf('r.example.com', bearer), { kind: 'bearer', token: 'abc' });
    const home = join(folder, 'home');
    mkdirSync(join(home, '.docker'), { recursive: true });
    writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ auths: { 'r.example.com': { auth } } }));
    assert.deepEqual(await credentialsOf('r.example.com', { HOME: home }), ada);
  });

  test('is refused where it is damaged, without a word of what is in it', async () => {
    for (const value of ['{"auths": "secret', '7', { auths: { 'r.example.com': { auth: base64('secret') } } }])
      await assert.rejects(
        credentialsOf('r.example.com', config(value)),
        (error: Error) => {
          assert.equal((error as Error & { code: string }).code, 'LAM_OCI_DOCKER_CONFIG');
          return !error.message.includes('secret');
        },
        JSON.stringify(value),
      );
  });

  test('names programs that have credentials', async () => {
    const store = (program: string): ReturnType<typeof config> => config({ credsStore: 'test' }, program);
    const said = (answer: object): string => `cat >/dev/null; echo '${JSON.stringify(answer)}'`;
    assert.deepEqual(await credentialsOf('r.example.com', store(said({ Username: 'ada', Secret: 's' }))), {
      kind: 'password',
      username: 'ada',
      password: 's',
    });
    assert.deepEqual(await credentialsOf('r.example.com', store(said({ Username: '<token>', Secret: 't' }))), {
      kind: 'identity',
      token: 't',
    });
    const none = 'echo "credentials not found in native keychain"; exit 1';
    assert.equal(await credentialsOf('r.example.com', store(none)), undefined);
    for (const [program, why] of [
      ['echo locked >&2; exit 2', /: locked/],
      ['exit 3', /it ended with 3/],
      ['echo secret', /not JSON with Username and Secret/],
    ] as const)
      await assert.rejects(credentialsOf('r.example.com', store(program)), (error: Error) => {
        assert.equal((error as Error & { code: string }).code, 'LAM_OCI_HELPER_FAILED');
        assert.match(error.message, why);
        return !error.message.includes('secret');
      });
    await assert.rejects(credentialsOf('r.example.com', config({ credsStore: '../../bin/sh' })), {
      code: 'LAM_OCI_HELPER_FAILED',
    });
  });
});
