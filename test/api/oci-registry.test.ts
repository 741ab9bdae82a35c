import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { knownFunctionName, knownVersion } from '../../src/contract/index.ts';
import { isLamError } from '../../src/errors/index.ts';
import {
  makeManifest,
  OCI_MANIFEST_TYPE,
  ociDigest,
  pushSignature,
  readManifest,
  readPushedVersion,
  readSigningKey,
  readVerifyingKey,
  RegistryConnection,
  RemoteRepository,
  repositoriesOf,
  verifySignature,
  type BlobIdentity,
} from '../../src/oci/index.ts';
import { digestFor } from '../support/ids.ts';
import { NO_REGISTRY, ociRegistry, READ_ONLY, type OciRegistry } from '../support/oci-registry.ts';

const MIB = 1024 * 1024;
const identityOf = (bytes: Buffer): BlobIdentity => ({ digest: ociDigest(bytes), size: bytes.length });
const opening = (bytes: Buffer) => (): Readable => Readable.from(pieces(bytes), { objectMode: false });

function* pieces(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

const code =
  (wanted: string, message?: RegExp) =>
  (thrown: unknown): boolean => {
    assert.ok(isLamError(thrown), String(thrown));
    assert.equal(thrown.code, wanted, thrown.message);
    if (message !== undefined) assert.match(`${thrown.message}\n${thrown.hint ?? ''}`, message);
    return true;
  };

/** Forwards connections to a port, and resets the first `cuts` of them that have passed so many bytes in a direction. */
async function cuttingProxy(
  to: number,
  rule: { cuts: number; readonly bytes: number; readonly from: 'client' | 'server' },
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    let passed = 0;
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    (rule.from === 'client' ? near : far).on('data', (piece: Buffer) => {
      passed += piece.length;
      if (passed < rule.bytes || rule.cuts === 0) return;
      rule.cuts -= 1;
      // What has passed reaches the other side.
      (rule.from === 'client' ? far : near).end();
      (rule.from === 'client' ? near : far).resetAndDestroy();
    });
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a registry', { skip: NO_REGISTRY, concurrency: false }, () => {
  let registry: OciRegistry;
  let folder: string;
  const connection = (host = registry.host, env: Record<string, string> = {}): RegistryConnection =>
    new RegistryConnection(host, { plainHttp: false, env: { HOME: folder, PATH: process.env['PATH'] ?? '', ...env } });
  const received = async (repository: RemoteRepository, blob: BlobIdentity): Promise<Buffer> => {
    const file = join(folder, randomBytes(6).toString('hex'));
    await repository.pullBlob(blob, file, { what: 'the code' });
    return readFileSync(file);
  };

  before(async () => {
    registry = await ociRegistry();
    folder = mkdtempSync(join(tmpdir(), 'lam-oci-test-'));
  });
  after(async () => {
    await registry[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test('takes blobs of every size once, and gives them back', async () => {
    using open = connection();
    const repository = new RemoteRepository(open, 'blobs/sizes');
    for (const size of [0, 1, MIB, MIB + 1, 5 * MIB]) {
      const bytes = randomBytes(size);
      const blob = identityOf(bytes);
      const heard: number[] = [];
      const how = { what: 'the code', onBytes: (count: number) => heard.push(count) };
      assert.equal(await repository.pushBlob(blob, opening(bytes), how), true, `${size} bytes`);
      if (size > 0) assert.equal(heard.at(-1), size);
      assert.equal(await repository.pushBlob(blob, opening(bytes), how), false);
      assert.deepEqual(await received(repository, blob), bytes);
    }
  });

  test('refuses an upload that is not what its digest says', async () => {
    using open = connection();
    const repository = new RemoteRepository(open, 'blobs/wrong');
    for (const size of [10, 2 * MIB]) {
      const blob = identityOf(randomBytes(size));
      await assert.rejects(
        repository.pushBlob(blob, opening(randomBytes(size)), { what: 'the code' }),
        code('LAM_OCI_DIGEST_MISMATCH'),
      );
      await assert.rejects(received(repository, blob), code('LAM_OCI_REFUSED', /the blob is missing/));
    }
  });

  test('whose connection breaks off gets and gives the rest', async () => {
    const bytes = randomBytes(8 * MIB);
    const blob = identityOf(bytes);
    for (const from of ['client', 'server'] as const) {
      // Downloads go on where they broke off, even if no connection lasts; uploads begin again.
      const most = from === 'client' ? 2 : 1000;
      const rule = { cuts: most, bytes: 3 * MIB, from };
      const proxy = await cuttingProxy(registry.port, rule);
      try {
        using near = connection(`127.0.0.1:${proxy.port}`);
        const repository = new RemoteRepository(near, `blobs/cut-${from}`);
        assert.equal(await repository.pushBlob(blob, opening(bytes), { what: 'the code' }), true);
        assert.deepEqual(await received(repository, blob), bytes);
        assert.equal(most - rule.cuts, 2, 'connections that were cut');
      } finally {
        await proxy.close();
      }
    }
  });

  test('that dies meanwhile shows nothing of the upload', async () => {
    await using mortal = await ociRegistry();
    using open = connection(mortal.host);
    const repository = new RemoteRepository(open, 'blobs/mortal');
    const bytes = randomBytes(4 * MIB);
    const slow = (): Readable => {
      async function* dying(): AsyncGenerator<Buffer, void, void> {
        yield bytes.subarray(0, MIB);
        await mortal.kill();
        yield bytes.subarray(MIB);
      }
      return Readable.from(dying(), { objectMode: false });
    };
    await assert.rejects(
      repository.pushBlob(identityOf(bytes), slow, { what: 'the code' }),
      (thrown) => isLamError(thrown) && ['LAM_OCI_UNREACHABLE', 'LAM_OCI_BROKEN_OFF'].includes(thrown.code),
    );
    await mortal.restart();
    assert.equal(await repository.tags(), undefined);
    assert.equal(await repository.pushBlob(identityOf(bytes), opening(bytes), { what: 'the code' }), true);
  });

  test('says which tags there are when one is unknown, and lists its repositories page by page', async () => {
    using open = connection();
    const repository = new RemoteRepository(open, 'lists/tags');
    const config = Buffer.from('{}');
    await repository.pushBlob(identityOf(config), opening(config), { what: 'the configuration' });
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST_TYPE,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...identityOf(config) },
        layers: [],
      }),
    );
    for (const tag of ['one', 'two']) await repository.putManifest(tag, manifest, OCI_MANIFEST_TYPE);
    const at = { host: registry.host, repository: 'lists/tags' };
    await assert.rejects(
      repository.requireManifest({ ...at, tag: 'three' }),
      code('LAM_OCI_NOT_FOUND', /no such tag: '[^']+:three'\nuse one of its tags: one, two/),
    );
    await assert.rejects(
      repository.requireManifest({ ...at, digest: `sha256:${'0'.repeat(64)}` }),
      code('LAM_OCI_NOT_FOUND', /no such digest/),
    );
    await assert.rejects(
      new RemoteRepository(open, 'lists/nothing').requireManifest({ ...at, tag: 'one' }),
      code('LAM_OCI_NOT_FOUND', /has no repository/),
    );
    assert.ok((await repositoriesOf(open)).includes('lists/tags'));
    const raw = await repository.requireManifest({ ...at, tag: 'one' });
    assert.throws(() => readManifest(raw, 'x'), code('LAM_OCI_NOT_A_FUNCTION', /a container image/));
  });

  test('keeps a function, whose altered manifest and configuration are refused', async () => {
    using open = connection();
    const repository = new RemoteRepository(open, 'functions/hello');
    const zip = randomBytes(1000);
    await repository.pushBlob(identityOf(zip), opening(zip), { what: 'the code' });
    const version = {
      name: knownFunctionName('hello'),
      version: knownVersion(3),
      artifact: digestFor('a'),
      settings: { runtime: 'nodejs', memoryMiB: 256 },
      environment: ['KEY'],
      layers: null,
      platform: 'linux/x64',
      by: '1.0.0',
    };
    const made = makeManifest(version, { code: identityOf(zip) });
    await repository.pushBlob(identityOf(made.config), opening(made.config), { what: 'the configuration' });
    await repository.putManifest('3', made.bytes, OCI_MANIFEST_TYPE);
    const raw = await repository.requireManifest({ host: registry.host, repository: 'functions/hello', tag: '3' });
    assert.equal(raw.digest, made.digest);
    const { config, parts } = readManifest(raw, 'hello');
    assert.deepEqual(parts, { code: identityOf(zip) });
    const how = { what: 'the configuration' };
    assert.deepEqual(readPushedVersion(await repository.blobBytes(config, MIB, how), 'hello'), version);
    await assert.rejects(repository.blobBytes(config, 10, how), code('LAM_OCI_TOO_LARGE'));
    for (const [digest, read] of [
      [config.digest, () => repository.blobBytes(config, MIB, how)],
      [raw.digest, () => repository.manifest(raw.digest)],
    ] as const) {
      const file = registry.blobFile(digest);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace('hello', 'hallo'));
      await assert.rejects(read, code('LAM_OCI_DIGEST_MISMATCH'));
      writeFileSync(file, `${text}     `);
      await assert.rejects(read, (thrown) => isLamError(thrown) && thrown.code.startsWith('LAM_OCI_'));
      writeFileSync(file, text);
    }
  });

  test('keeps the signatures of several keys, each once', async () => {
    using open = connection();
    const repository = new RemoteRepository(open, 'functions/hello');
    const reference = { host: registry.host, repository: 'functions/hello', digest: `sha256:${'ab'.repeat(32)}` };
    const pair = (name: string): { readonly key: string; readonly pub: string } => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const [key, pub] = [join(folder, `${name}.pem`), join(folder, `${name}.pub`)];
      writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
      writeFileSync(pub, publicKey.export({ type: 'spki', format: 'pem' }));
      return { key, pub };
    };
    const [ours, theirs] = [pair('ours'), pair('theirs')];
    const verified = async (pub: string, digest = reference.digest): Promise<void> =>
      verifySignature(repository, { ...reference, digest }, await readVerifyingKey(pub));
    await assert.rejects(verified(ours.pub), code('LAM_OCI_UNSIGNED'));
    await pushSignature(repository, reference, await readSigningKey(theirs.key, undefined));
    await assert.rejects(verified(ours.pub), code('LAM_OCI_SIGNATURE_INVALID', /others have signed it/));
    for (let twice = 0; twice < 2; twice += 1)
      await pushSignature(repository, reference, await readSigningKey(ours.key, undefined));
    await verified(ours.pub);
    await verified(theirs.pub);
    const signatures = await repository.manifest(`sha256-${'ab'.repeat(32)}.sig`);
    const { layers } = JSON.parse(String(signatures?.bytes)) as {
      layers: (BlobIdentity & { annotations: Record<string, string> })[];
    };
    assert.equal(layers.length, 2);
    // OpenSSL agrees, which knows nothing of this code.
    const [, layer] = layers;
    const note = layer?.annotations['dev.cosignproject.cosign/signature'] ?? '';
    const [signed, signature] = [join(folder, 'signed'), join(folder, 'signature')];
    writeFileSync(signed, await repository.blobBytes(layer ?? assert.fail(), MIB, { what: 'the signed text' }));
    writeFileSync(signature, Buffer.from(note, 'base64'));
    execFileSync('openssl', ['dgst', '-sha256', '-verify', ours.pub, '-signature', signature, signed]);
    // Signatures of one function, put in the place of another one's, vouch for nothing.
    const other = `sha256:${'cd'.repeat(32)}`;
    await repository.putManifest(
      `sha256-${'cd'.repeat(32)}.sig`,
      signatures?.bytes ?? Buffer.alloc(0),
      OCI_MANIFEST_TYPE,
    );
    await assert.rejects(verified(ours.pub, other), code('LAM_OCI_SIGNATURE_INVALID', /is another function/));
    await assert.rejects(readVerifyingKey(ours.key), code('LAM_OCI_KEY_INVALID', /a private key/));
    writeFileSync(join(folder, 'none'), 'none');
    await assert.rejects(readSigningKey(join(folder, 'none'), undefined), code('LAM_OCI_KEY_INVALID'));
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    writeFileSync(join(folder, 'p384'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await assert.rejects(readSigningKey(join(folder, 'p384'), undefined), code('LAM_OCI_KEY_INVALID', /P-256/));
  });

  for (const login of ['htpasswd', 'token'] as const) {
    test(`that asks for a ${login === 'token' ? 'token' : 'password'} gets that of docker's configuration`, async () => {
      await using guarded = await ociRegistry(login);
      const bytes = randomBytes(2 * MIB);
      const push = async (env: Record<string, string>): Promise<boolean> => {
        using open = connection(guarded.host, env);
        return await new RemoteRepository(open, 'a/b').pushBlob(identityOf(bytes), opening(bytes), {
          what: 'the code',
        });
      };
      await assert.rejects(push({}), code('LAM_OCI_UNAUTHORIZED', /wants credentials[^]*docker login 127/));
      const wrong = mkdtempSync(join(folder, 'docker-'));
      const auth = Buffer.from('ada:wrong').toString('base64');
      writeFileSync(
        join(wrong, 'config.json'),
        JSON.stringify({ auths: { [`https://${guarded.host}/v1/`]: { auth } } }),
      );
      await assert.rejects(
        push({ DOCKER_CONFIG: wrong }),
        code('LAM_OCI_UNAUTHORIZED', /does not accept the credentials/),
      );
      assert.equal(await push({ DOCKER_CONFIG: guarded.dockerConfig }), true);
      if (login === 'token') {
        using open = connection(guarded.host, { DOCKER_CONFIG: guarded.dockerConfig });
        const denied = new RemoteRepository(open, READ_ONLY);
        await assert.rejects(
          denied.pushBlob(identityOf(bytes), opening(bytes), { what: 'the code' }),
          code('LAM_OCI_DENIED', /does not let this user push 'read\/only'/),
        );
      }
      const helped = mkdtempSync(join(folder, 'docker-'));
      writeFileSync(join(helped, 'config.json'), JSON.stringify({ credHelpers: { [guarded.host]: 'lam-test' } }));
      const program = join(helped, 'docker-credential-lam-test');
      const answer = JSON.stringify({ ServerURL: guarded.host, Username: 'ada', Secret: 'open sesame' });
      writeFileSync(program, `#!/bin/sh\nread -r host\n[ "$host" = "${guarded.host}" ] && echo '${answer}'\n`, {
        mode: 0o755,
      });
      const PATH = `${helped}:/usr/bin:/bin`;
      assert.equal(await push({ DOCKER_CONFIG: helped, PATH }), false, 'it is there');
      await assert.rejects(
        push({ DOCKER_CONFIG: helped }),
        code('LAM_OCI_HELPER_FAILED', /'docker-credential-lam-test' .* not on the PATH/),
      );
    });
  }

  test('that speaks TLS is told from one by plain HTTP, and the other way round', async () => {
    await using secure = await ociRegistry('none', { tls: true });
    const ask = async (host: string): Promise<unknown> => {
      using open = new RegistryConnection(host, { plainHttp: false, env: {} });
      return await repositoriesOf(open);
    };
    await assert.rejects(ask(secure.host), code('LAM_OCI_SCHEME', /speaks HTTPS, and lam asked by plain HTTP/));
    // Names of this machine other than localhost are asked by HTTPS.
    const byName = (port: number): string => `[::ffff:127.0.0.1]:${port}`;
    await assert.rejects(ask(byName(registry.port)), code('LAM_OCI_SCHEME', /speaks plain HTTP[^]*--plain-http/));
    await assert.rejects(ask(byName(secure.port)), code('LAM_OCI_CERTIFICATE', /NODE_EXTRA_CA_CERTS/));
    await assert.rejects(ask('127.0.0.1:1'), code('LAM_OCI_UNREACHABLE', /ECONNREFUSED/));
  });
});
