import { spawn, type ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importPKCS8, SignJWT } from 'jose';

const PROGRAM = '/usr/bin/docker-registry';

/** Why tests with a registry are skipped, for `{ skip }`; false where they run. */
export const NO_REGISTRY: string | false = existsSync(PROGRAM) ? false : 'no docker-registry';

/** A user whom the registries of {@link ociRegistry} know, where they ask. */
const USER = 'ada';
const PASSWORD = 'open sesame';
/** A repository to which nobody may push, where the registry asks for tokens. */
export const READ_ONLY = 'read/only';
/** Of {@link PASSWORD}, by bcrypt. */
const HTPASSWD = `${USER}:$2b$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy\n`;

/** Debian's registry, with data of its own. */
export interface OciRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly port: number;
  /** Folder of a docker configuration with the user's credentials. */
  readonly dockerConfig: string;
  /** The texts of all its blobs and manifests. */
  contents(): readonly string[];
  /** Where it keeps a blob. */
  blobFile(digest: string): string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts again after a kill, at the same port. */
  restart(): Promise<void>;
}

/** How a registry asks who somebody is: not at all, by a password, or by tokens of a service of its own. */
export type RegistryLogin = 'none' | 'htpasswd' | 'token';

/** Starts a registry on a free port; it is there when this resolves. */
export async function ociRegistry(
  login: RegistryLogin = 'none',
  options: { readonly tls?: boolean } = {},
): Promise<OciRegistry> {
  const place = mkdtempSync(join(tmpdir(), 'lam-oci-'));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const data = join(place, 'data');
  mkdirSync(data);
  const service = login === 'token' || options.tls === true ? certificate(place) : undefined;
  const tokens = login === 'token' && service !== undefined ? await tokenService(service) : undefined;
  const config = join(place, 'config.yml');
  writeFileSync(join(place, 'htpasswd'), HTPASSWD);
  const auth = {
    none: '',
    htpasswd: `auth: { htpasswd: { realm: lam, path: ${place}/htpasswd } }\n`,
    token: `auth: { token: { realm: "${tokens?.url ?? ''}", service: lam-test, issuer: lam-tokens, rootcertbundle: ${place}/cert.pem } }\n`,
  }[login];
  const tls = options.tls === true ? `, tls: { certificate: ${place}/cert.pem, key: ${place}/key.pem }` : '';
  writeFileSync(
    config,
    `version: 0.1\nlog: { level: error, accesslog: { disabled: true } }\nstorage: { filesystem: { rootdirectory: ${data} }, delete: { enabled: true } }\nhttp: { addr: "${host}"${tls} }\n${auth}`,
  );
  const dockerConfig = join(place, 'docker');
  mkdirSync(dockerConfig);
  const credentials = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');
  writeFileSync(join(dockerConfig, 'config.json'), JSON.stringify({ auths: { [host]: { auth: credentials } } }));
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn(PROGRAM, ['serve', config], { stdio: 'ignore' });
    await listening(port, child);
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    host,
    port,
    dockerConfig,
    contents: () =>
      readdirSync(data, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')),
    blobFile: (digest) => {
      const hex = digest.replace('sha256:', '');
      return join(data, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
    },
    kill,
    restart: start,
    async [Symbol.asyncDispose]() {
      await kill();
      tokens?.server.close();
      tokens?.server.closeAllConnections();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

/** Makes a certificate for 127.0.0.1 in `place`, with its key. */
function certificate(place: string): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(place, 'key.pem'), join(place, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2'],
      ...['-subj', '/CN=lam-test', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

/** The token endpoint of docker's specification: signs what the registry verifies; strangers may only pull. */
async function tokenService(service: {
  readonly key: string;
  readonly cert: string;
}): Promise<{ readonly url: string; readonly server: Server }> {
  const key = await importPKCS8(service.key, 'RS256');
  const x5c = [service.cert.replace(/-----[^-]+-----|\s/g, '')];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    const given = request.headers.authorization;
    const isKnown = given === `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
    if (given !== undefined && !isKnown) {
      response.writeHead(401).end();
      return;
    }
    const access = searchParams.getAll('scope').map((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      return {
        type,
        name,
        actions: actions.split(',').filter((action) => (isKnown && name !== READ_ONLY) || action === 'pull'),
      };
    });
    void new SignJWT({ access })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', x5c })
      .setIssuer('lam-tokens')
      .setAudience(searchParams.get('service') ?? '')
      .setSubject(isKnown ? USER : '')
      .setIssuedAt()
      .setNotBefore('-1 minute')
      .setExpirationTime('5 minutes')
      .setJti(randomBytes(8).toString('hex'))
      .sign(key)
      .then((token) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token })));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, server };
}

/** Resolves once something accepts connections at the port. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the registry ended with ${child.exitCode}`);
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the registry does not listen');
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
