import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isLamError } from '../../src/errors/index.ts';
import { withVersion } from '../../src/cli/services/pull.ts';
import { unpackPushed } from '../../src/cli/services/unpack-pushed.ts';
import { knownFunctionName, knownVersion } from '../../src/contract/index.ts';
import {
  makeManifest,
  ociDigest,
  RegistryConnection,
  RemoteRepository,
  repositoriesOf,
  type BlobIdentity,
} from '../../src/oci/index.ts';
import { digestFor } from '../support/ids.ts';

const VERSION = {
  name: knownFunctionName('hello'),
  version: knownVersion(2),
  artifact: digestFor('code'),
  settings: {},
  environment: [],
  layers: null,
  platform: 'linux/x64',
  by: '1.2.3',
};

const code =
  (wanted: string, message?: RegExp) =>
  (thrown: unknown): boolean => {
    assert.ok(isLamError(thrown), String(thrown));
    assert.equal(thrown.code, wanted, thrown.message);
    if (message !== undefined) assert.match(`${thrown.message}\n${thrown.hint ?? ''}`, message);
    return true;
  };

describe('a registry', { concurrency: false }, () => {
  let folder: string;
  const connection = (host: string, env: Record<string, string> = {}): RegistryConnection =>
    new RegistryConnection(host, { plainHttp: false, env: { HOME: folder, PATH: process.env['PATH'] ?? '', ...env } });
  const received = async (repository: RemoteRepository, blob: BlobIdentity): Promise<Buffer> => {
    const file = join(folder, randomBytes(6).toString('hex'));
    await repository.pullBlob(blob, file, { what: 'the code' });
    return readFileSync(file);
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lam-oci-hosts-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  test('that redirects downloads gets no credentials sent elsewhere', async () => {
    const bytes = randomBytes(100);
    const heard: (string | undefined)[] = [];
    const store = await listening(
      createHttpServer((request, response) => {
        heard.push(request.headers.authorization);
        response.end(bytes);
      }),
    );
    const front = await listening(
      createHttpServer((request, response) => {
        if (request.headers.authorization === undefined)
          response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        else response.writeHead(307, { location: `http://127.0.0.1:${store.port}/blob` }).end();
      }),
    );
    try {
      const docker = mkdtempSync(join(folder, 'docker-'));
      const host = `127.0.0.1:${front.port}`;
      const auth = Buffer.from('ada:secret').toString('base64');
      writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
      using open = connection(host, { DOCKER_CONFIG: docker });
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      assert.deepEqual(await received(new RemoteRepository(open, 'a'), { digest, size: 100 }), bytes);
      assert.deepEqual(heard, [undefined]);
      await assert.rejects(
        received(new RemoteRepository(open, 'a'), { digest, size: 50 }),
        code('LAM_OCI_DIGEST_MISMATCH', /50 bytes expected/),
      );
    } finally {
      await front.close();
      await store.close();
    }
  });

  test('that leads to other hosts keeps the password from them, whatever they ask', async () => {
    const heard: (string | undefined)[] = [];
    const other = await listening(
      createHttpServer((request, response) => {
        heard.push(`${request.method} ${request.headers.authorization}`);
        const realm = `Bearer realm="http://${request.headers.host}/token",service="x"`;
        response.writeHead(401, { 'www-authenticate': realm }).end();
      }),
    );
    const front = await listening(
      createHttpServer((request, response) => {
        const location = request.url?.includes('/odd/') === true ? 'http://[' : `http://127.0.0.1:${other.port}/x`;
        if (request.url?.includes('_catalog') === true)
          response.writeHead(200, { link: '<http://[>; rel="next"' }).end('{}');
        else response.writeHead(request.method === 'GET' ? 307 : 202, { location }).end();
      }),
    );
    try {
      const docker = mkdtempSync(join(folder, 'docker-'));
      const host = `127.0.0.1:${front.port}`;
      const auth = Buffer.from('ada:secret').toString('base64');
      writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
      using open = connection(host, { DOCKER_CONFIG: docker });
      const repository = new RemoteRepository(open, 'a');
      await assert.rejects(repository.manifest('1'), code('LAM_OCI_REFUSED', /401 .*by another host/));
      const upload = { repository: 'a', action: 'push', what: 'the code', expected: [201] } as const;
      const at = open.resolve(`http://127.0.0.1:${other.port}/up`, 'v2/');
      await assert.rejects(open.ask({ ...upload, method: 'PUT', at }), code('LAM_OCI_REFUSED', /by another host/));
      assert.deepEqual(heard, ['GET undefined', 'PUT undefined']);
      await assert.rejects(
        new RemoteRepository(open, 'odd').manifest('1'),
        code('LAM_OCI_UNREACHABLE', /'http:\/\/\['/),
      );
      await assert.rejects(repositoriesOf(open), code('LAM_OCI_UNREACHABLE', /does not ask/));
      using secure = connection('registry.example:5000');
      assert.throws(() => secure.resolve('http://evil.example/up', 'v2/'), code('LAM_OCI_UNREACHABLE', /does not ask/));
      assert.equal(secure.resolve('http://registry.example:5000/up', 'v2/').protocol, 'https:');
    } finally {
      await front.close();
      await other.close();
    }
  });

  test('with two million names, or a function of no known runtime, is answered without harm', async () => {
    const blob = Buffer.from(
      JSON.stringify({ ...VERSION, schema: 1, settings: { runtime: 'elsewhere', handler: 'x' } }),
    );
    const made = makeManifest(VERSION, { code: { digest: ociDigest(blob), size: 1 } });
    const manifest = JSON.parse(made.bytes.toString()) as { config: object };
    manifest.config = { ...manifest.config, digest: ociDigest(blob), size: blob.length };
    const front = await listening(
      createHttpServer(({ url = '' }, response) => {
        if (url.includes('_catalog')) response.end(`{"repositories":["a"${',"a"'.repeat(1_999_999)}]}`);
        else response.end(url.includes('/manifests/') ? JSON.stringify(manifest) : blob);
      }),
    );
    try {
      const host = `127.0.0.1:${front.port}`;
      using open = connection(host);
      assert.equal((await repositoriesOf(open)).length, 2_000_000);
      const directory = join(folder, 'pulled');
      const unused = { client: undefined as never, folder };
      const oci = { plainHttp: false, env: { HOME: folder } };
      await assert.rejects(
        withVersion({ host, repository: 'a', tag: '1' }, { oci, key: undefined }, (found) =>
          unpackPushed(found, directory, unused, () => undefined),
        ),
        code('LAM_REGISTRY_UNKNOWN_RUNTIME'),
      );
      assert.ok(!existsSync(directory));
    } finally {
      await front.close();
    }
  });
});

async function listening(server: Server): Promise<{ readonly port: number; close(): Promise<void> }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
