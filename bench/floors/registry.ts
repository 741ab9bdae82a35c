import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { Agent, request, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pause } from '../lam/lam.ts';
import { cleanEnvironment } from '../processes.ts';
import { NotRun } from '../row.ts';

const SERVER = '/usr/bin/docker-registry';
/** Longest time until it answers, and between two looks (ms). */
const START_MS = 20_000;
const LOOK_MS = 20;

/** An OCI registry, and plain HTTP to it: without digests, retries and looks whether something is there. */
export interface RegistryBench extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  push(repository: string, file: string, blob: { readonly digest: string; readonly size: number }): Promise<void>;
  pull(repository: string, digest: string, file: string): Promise<void>;
}

/** Starts a registry below `folder`. Throws {@link NotRun} where none is installed. */
export async function startRegistry(folder: string): Promise<RegistryBench> {
  if (!existsSync(SERVER)) throw new NotRun(`no ${SERVER}; install it: apt-get install docker-registry`);
  const base = await mkdtemp(join(folder, 'registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(base, 'config.yml');
  await writeFile(
    config,
    `version: 0.1\nlog: { level: error, accesslog: { disabled: true } }\nstorage: { filesystem: { rootdirectory: ${base} } }\nhttp: { addr: "${host}" }\n`,
  );
  const child = spawn(SERVER, ['serve', config], { env: cleanEnvironment({ HOME: base }), stdio: 'ignore' });
  const agent = new Agent({ keepAlive: true });
  const stop = async (): Promise<void> => {
    agent.destroy();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await ended;
  };
  const end = performance.now() + START_MS;
  while ((await fetch(`http://${host}/v2/`).catch(() => undefined))?.ok !== true) {
    if (performance.now() > end) {
      await stop();
      throw new Error(`${SERVER} did not answer within ${START_MS / 1000} s`);
    }
    await pause(LOOK_MS);
  }
  return {
    host,
    async push(repository, file, { digest, size }) {
      const begun = await ask(agent, 'POST', `http://${host}/v2/${repository}/blobs/uploads/`);
      const url = `${begun.headers.location ?? ''}&digest=${digest}`;
      const done = await ask(agent, 'PUT', url, { size, file });
      if (done.statusCode !== 201) throw new Error(`the registry answered ${done.statusCode}`);
    },
    async pull(repository, digest, file) {
      const answer = await ask(agent, 'GET', `http://${host}/v2/${repository}/blobs/${digest}`, undefined, file);
      if (answer.statusCode !== 200) throw new Error(`the registry answered ${answer.statusCode}`);
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Makes a request, with a file as its body, or one to write the answer to. Resolves once the answer has ended. */
// oxlint-disable-next-line max-params -- what to ask, with what, and where to
function ask(
  agent: Agent,
  method: string,
  url: string,
  body?: { readonly size: number; readonly file: string },
  to?: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': body?.size ?? 0 };
    const outgoing = request(url, { method, agent, ...(method === 'GET' ? {} : { headers }) }, (incoming) => {
      const taken = to === undefined ? undefined : pipeline(incoming, createWriteStream(to));
      if (taken === undefined) incoming.resume().on('end', () => resolve(incoming));
      else taken.then(() => resolve(incoming), reject);
    });
    outgoing.on('error', reject);
    if (body === undefined) outgoing.end();
    else createReadStream(body.file, { highWaterMark: 256 * 1024 }).pipe(outgoing);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
