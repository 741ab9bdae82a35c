import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { keptImages } from '../../src/runtimes/index.ts';
import { ifCode, NO_PROCESS, NOT_OURS } from '../support/if-code.ts';
import { ifThere, listingIfThere } from '../support/listing.ts';

/** A Docker engine answers (`npm test` asks it). */
export const HAS_DOCKER: boolean = process.env['LAM_TEST_DOCKER'] === '1';

/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** One request over a connection of its own. */
export function http(
  url: string,
  options: { method?: string; body?: string | Uint8Array; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      {
        method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
        agent: false,
        headers: {
          ...(options.body === undefined ? {} : { 'content-length': Buffer.byteLength(options.body) }),
          ...options.headers,
        },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(options.body);
  });
}

/** Polls until `condition` holds; false if `limitMs` pass first. */
export async function eventually(condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<boolean> {
  const until = performance.now() + limitMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch (error) {
    return ifCode(NO_PROCESS, false)(error);
  }
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended already.
    ifCode(['ESRCH'], undefined)(error);
  }
}

/**
 * The processes of a home: its daemon and the sandboxes of the process driver, found by their command line or
 * environment.
 */
export function processesOf(session: { readonly home: string; readonly homeId: string }): readonly number[] {
  return processesWith([`LAM_OWNER=${session.homeId}`, `LAM_HOME=${session.home}`]);
}

/** Processes with one of these variables in their initial environment. */
function processesWith(marks: readonly string[]): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        return (
          isRunning(pid) &&
          readFileSync(`/proc/${pid}/environ`, 'latin1')
            .split('\0')
            .some((entry) => marks.includes(entry))
        );
      } catch (error) {
        return ifCode(NOT_OURS, false)(error);
      }
    });
}

/** The containers of a home, running or not, by their ids. */
export async function containersOf(session: { readonly homeId: string }): Promise<readonly string[]> {
  if (!HAS_DOCKER) return [];
  const filters = encodeURIComponent(JSON.stringify({ label: [`lam.home=${session.homeId}`] }));
  const answer = await engine('GET', `/containers/json?all=1&filters=${filters}`);
  return (JSON.parse(answer.body.toString()) as { Id: string }[]).map((container) => container.Id);
}

/** Names under which lam keeps images of functions of a home, in the Docker engine. */
export async function keptImagesOf(session: { readonly homeId: string }): Promise<readonly string[]> {
  if (!HAS_DOCKER) return [];
  const repository = keptImages(session.homeId);
  const filters = encodeURIComponent(JSON.stringify({ reference: [repository] }));
  const answer = await engine('GET', `/images/json?filters=${filters}`);
  const images = JSON.parse(answer.body.toString()) as { RepoTags: readonly string[] | null }[];
  return images.flatMap(({ RepoTags: tags }) => (tags ?? []).filter((tag) => tag.startsWith(`${repository}:`)));
}

/** Sends a request to the Docker engine, independently of lam. */
export function engine(method: string, path: string): Promise<HttpAnswer> {
  return overSocket(engineSocket(), method, path);
}

/** One request over a Unix socket; `body`: JSON to send with it. */
// oxlint-disable-next-line max-params -- the parts of a request, of which most have only the first three
export function overSocket(socketPath: string, method: string, path: string, body?: unknown): Promise<HttpAnswer> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export function engineSocket(): string {
  return (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
}

/**
 * A port without a listener, outside of the range from which the system takes ports of outgoing connections and of
 * listeners that ask for any: none of those can take it before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve, reject) => {
      server.once('error', (error) => {
        try {
          resolve(ifCode(['EADDRINUSE'], false)(error));
        } catch {
          reject(error);
        }
      });
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** Leftovers of a home on the machine after its daemon has ended, one line each. */
export async function leftovers(session: {
  readonly root: string;
  readonly home: string;
  readonly homeId: string;
}): Promise<readonly string[]> {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(` ${session.root}/`));
  const run = listingIfThere(join(session.home, 'run')).filter(
    (name) => !/^(?:docker|(?:docker\/)?(?:dial|sb|stems))$/.test(name),
  );
  const groups = ['', 'memory', 'pids', 'cpu', 'cpuacct']
    .map((kind) => join('/sys/fs/cgroup', kind))
    .flatMap((folder) =>
      // Undefined where this machine has no such kind of control group.
      (ifThere(() => readdirSync(folder)) ?? [])
        .filter((name) => name.split('.')[0] === `lam-${session.homeId}`)
        .map((name) => join(folder, name)),
    );
  return [
    ...[...processesOf(session), ...processesWith([`LAM_WAITING=${session.homeId}`])].map(
      (pid) => `process ${pid} is left: ${commandOf(pid)}`,
    ),
    ...(await containersOf(session)).map((id) => `container ${id.slice(0, 12)} is left`),
    ...mounts.map((line) => `a mount is left: ${line}`),
    ...run.map((name) => `run/${name} is left`),
    ...groups.map((path) => `control group ${path} is left`),
    ...listingIfThere(join(session.home, 'staging')).map((name) => `staging/${name} is left`),
    ...listingIfThere(join(session.home, 'tmp')).map((name) => `tmp/${name} is left`),
  ];
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch (error) {
    return ifCode(NO_PROCESS, 'gone by now')(error);
  }
}
