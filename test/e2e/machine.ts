import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

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

/** All entries below a folder, as sorted relative paths. */
export function listing(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true }).map(String).toSorted();
  } catch {
    return [];
  }
}

export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch {
    return false;
  }
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

/**
 * The processes of a home: its daemon and the sandboxes of the process driver, found by their command line or
 * environment.
 */
export function processesOf(session: { readonly home: string; readonly homeId: string }): readonly number[] {
  const marks = [`LAM_OWNER=${session.homeId}`, `LAM_HOME=${session.home}`];
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
      } catch {
        return false;
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

/** Sends a request to the Docker engine, independently of lam. */
export function engine(method: string, path: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: engineSocket(), method, path, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

export function engineSocket(): string {
  return (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
}

/** A port without a listener. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
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
  const run = listing(join(session.home, 'run')).filter(
    (name) => !/^(?:docker|(?:docker\/)?(?:dial|sb|stems))$/.test(name),
  );
  const groups = ['', 'memory', 'pids', 'cpu', 'cpuacct']
    .map((kind) => join('/sys/fs/cgroup', kind))
    .flatMap((folder) =>
      entriesOf(folder)
        .filter((name) => name.split('.')[0] === `lam-${session.homeId}`)
        .map((name) => join(folder, name)),
    );
  return [
    ...processesOf(session).map((pid) => `process ${pid} is left: ${commandOf(pid)}`),
    ...(await containersOf(session)).map((id) => `container ${id.slice(0, 12)} is left`),
    ...mounts.map((line) => `a mount is left: ${line}`),
    ...run.map((name) => `run/${name} is left`),
    ...groups.map((path) => `control group ${path} is left`),
    ...listing(join(session.home, 'staging')).map((name) => `staging/${name} is left`),
    ...listing(join(session.home, 'tmp')).map((name) => `tmp/${name} is left`),
  ];
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return 'gone by now';
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // This machine has no such kind of control group.
    return [];
  }
}
