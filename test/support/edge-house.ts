import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as send, type IncomingHttpHeaders, type OutgoingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigInput } from '../../src/contract/index.ts';
import { Followers } from '../../src/daemon/drain.ts';
import { createEdge, oneToken, type Door, type EdgeOptions } from '../../src/edge/index.ts';
import { lamError } from '../../src/errors/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { systemClock, type Clock } from '../../src/kit/index.ts';
import { LogStore } from '../../src/logs/index.ts';
import { createOperations } from '../../src/operations/index.ts';
import { Pool } from '../../src/pool/index.ts';
import { LIVE_TRIGGERS, Registry } from '../../src/registry/index.ts';
import { httpRoutes } from '../../src/daemon/http-routes.ts';
import { TRIGGER_KINDS } from '../../src/triggers/index.ts';
import { DeployedTriggers } from '../../src/triggers/supervisor/index.ts';
import { Router } from '../../src/router/index.ts';
import { openStore } from '../../src/store/index.ts';
import { zipOf } from '../unit/store/support.ts';
import { LOG_WORKER } from './log-house.ts';
import { MemoryDriver, type MemoryCall, type Script } from './memory-driver.ts';

/** What the functions of a house do, by name; one that is not named gives its event back. */
export type Handlers = Record<string, (call: MemoryCall) => Promise<InvokeOutcome>>;

/** All rooms of the daemon from the registry to real sockets, over sandboxes in memory. */
export interface EdgeHouse extends AsyncDisposable {
  readonly port: number;
  readonly socketPath: string;
  readonly url: string;
  readonly logs: LogStore;
  readonly pool: Pool;
  readonly driver: MemoryDriver;
  readonly registry: Registry;
  /** Resolves when this many invocations reached the router. */
  arrived(count: number): Promise<void>;
  /** How often the control API was asked to stop. */
  stops(): number;
  /** Publishes the next version of a function. */
  publish(name: string, config?: ConfigInput): Promise<number>;
  /** Asks on the HTTP port. */
  ask(path: string, options?: AskOptions): Promise<Answer>;
  /** Asks on the owner's socket. */
  control(path: string, options?: AskOptions): Promise<Answer>;
  /** Sends bytes on a new connection to the port and gives all that comes back until it ends. */
  raw(bytes: string): Promise<string>;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent | false;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  json(): Record<string, unknown>;
}

/** How a house is asked: over connections that are kept alive, which lam reads itself, or over new ones, which it leaves to `node:http`. */
export type Way = 'plain' | 'node:http';
export const WAYS: readonly Way[] = ['plain', 'node:http'];

interface Variations {
  readonly script?: Script;
  readonly door?: Partial<Door>;
  /** `plain` where it is left out. */
  readonly way?: Way;
  /** Of the sandboxes and those who wait for them; the system's where it is left out. */
  readonly clock?: Clock;
  readonly memoryBudgetMiB?: number;
}

export async function edgeHouse(handlers: Handlers = {}, more: Variations = {}): Promise<EdgeHouse> {
  const home = await mkdtemp(join(tmpdir(), 'lam-edge-'));
  const clock = more.clock ?? systemClock;
  const store = await openStore(home, { clock: systemClock, facts: [LIVE_TRIGGERS] });
  const logs = LogStore.open({
    file: join(home, 'logs.db'),
    worker: LOG_WORKER,
    node: store.nodeId,
    clock: systemClock,
    keepBytes: 1024 * 1024,
    onTrouble: () => undefined,
  });
  const driver = new MemoryDriver(clock, {
    invoke: (call) =>
      handlers[call.sandbox.spec.functionName]?.(call) ?? Promise.resolve({ kind: 'result', payload: call.event }),
    ...more.script,
  });
  const registry: Registry = new Registry({
    catalogue: store.catalogue,
    artifacts: store.artifacts,
    clock,
    around: {
      url: (name) => `http://localhost/${name}`,
      sandboxes: (name) => pool.counts(name),
      warm: ({ functionName, version }) => pool.counts(functionName, version).idle,
      triggers: () => [],
    },
    kinds: TRIGGER_KINDS,
  });
  const pool: Pool = new Pool({
    driver,
    clock,
    memoryBudgetMiB: more.memoryBudgetMiB ?? 8192,
    cores: 2,
    hooksFor: (revision, id) => router.hooksFor(revision, id, () => undefined),
  });
  let arrivals = 0;
  const router = new Router({
    pool,
    logs,
    clock,
    resolve: (name, qualifier) => {
      arrivals++;
      return registry.resolve(name, qualifier);
    },
  });
  registry.onChange((change) => {
    if (change.kind === 'deleted')
      pool.drop(change.name, undefined, lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name: change.name }));
  });
  let stops = 0;
  const status = {
    pid: process.pid,
    version: '0',
    port: 0,
    host: '127.0.0.1',
    url: '',
    home,
    node: store.nodeId,
    driver: 'process',
    driverReason: 'a test',
    gaps: [],
    startedAt: 0,
    functions: 0,
    sandboxes: { starting: 0, idle: 0, busy: 0, stems: 0 },
    memory: { usedMiB: 0, budgetMiB: 0 },
    reclaimed: { containers: 0, processes: 0, files: 0 },
  } as const;
  const operations = createOperations({
    store,
    registry,
    logs,
    followers: new Followers(),
    runtime: { status: () => status, stop: () => void stops++ },
    prepare: () => Promise.resolve(null),
    isBusy: () => false,
  });
  const routes = httpRoutes(new DeployedTriggers(registry));
  let generation = 0;
  registry.onChange(() => generation++);
  const edge: Omit<EdgeOptions, 'door'> = {
    router,
    operations,
    clock,
    routes,
    exists: (name) => registry.has(name),
    generation: () => generation,
  };
  const tcp = createEdge({ ...edge, door: { kind: 'port', tokens: oneToken(undefined), open: false, ...more.door } });
  const socket = createEdge({ ...edge, door: { kind: 'socket', tokens: oneToken(undefined), open: false } });
  const socketPath = join(home, 's');
  tcp.listen(0, '127.0.0.1');
  socket.listen(socketPath);
  await Promise.all([once(tcp, 'listening'), once(socket, 'listening')]);
  const { port } = tcp.address() as AddressInfo;
  const agent = more.way === 'node:http' ? false : new Agent({ keepAlive: true });

  const zip = zipOf([{ name: 'index.js', content: 'exports.handler = async (e) => e;' }]);
  const control = (path: string, options: AskOptions = {}): Promise<Answer> =>
    ask({ socketPath }, path, { agent, ...options });
  const uploaded = await control('/_lam/v1/artifacts/zip', { method: 'POST', body: zip });
  const { artifact } = uploaded.json();
  return {
    port,
    socketPath,
    url: `http://127.0.0.1:${port}`,
    logs,
    pool,
    driver,
    registry,
    control,
    async arrived(count) {
      while (arrivals < count) await new Promise(setImmediate);
    },
    stops: () => stops,
    async publish(name, config = {}) {
      const answer = await control(`/_lam/v1/functions/${name}/versions`, {
        method: 'POST',
        body: JSON.stringify({ artifact, config: { runtime: 'nodejs', handler: 'index.handler', ...config } }),
      });
      if (answer.status !== 200) throw new Error(answer.text);
      return Number(answer.json()['version']);
    },
    ask: (path, options = {}) => ask({ host: '127.0.0.1', port }, path, { agent, ...options }),
    raw: (bytes) => exchange(port, bytes),
    async [Symbol.asyncDispose]() {
      if (agent !== false) agent.destroy();
      await pool.close(0);
      await Promise.all([closed(tcp), closed(socket)]);
      await logs.close();
      await store.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function closed(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

function ask(
  to: { host?: string; port?: number; socketPath?: string },
  path: string,
  options: AskOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      host: 'localhost',
      ...(options.body === undefined ? {} : { 'content-length': Buffer.byteLength(options.body) }),
      ...options.headers,
    };
    const outgoing = send({ ...to, path, method: options.method ?? 'GET', headers, agent: options.agent ?? false });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          text,
          json: () => JSON.parse(text) as Record<string, unknown>,
        });
      });
    });
    outgoing.end(options.body);
  });
}

async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes, 'latin1');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}
