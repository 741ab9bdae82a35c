import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as send, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsSettings, ConfigInput, Status } from '../../src/contract/index.ts';
import { composeDaemon, type DaemonSetup } from '../../src/daemon/compose.ts';
import { openResources } from '../../src/daemon/resources.ts';
import { oneToken, type AccessLog, type ServiceKeys, type ConnectionCaps, type Door } from '../../src/edge/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { systemClock, type Clock } from '../../src/kit/index.ts';
import type { LogStore } from '../../src/logs/index.ts';
import type { Operations } from '../../src/operations/index.ts';
import type { Pool } from '../../src/pool/index.ts';
import type { Registry } from '../../src/registry/index.ts';
import type { Observer } from '../../src/observer/index.ts';
import type { Catalogue, Store } from '../../src/store/index.ts';
import { TRIGGER_KINDS, type TriggerKind } from '../../src/triggers/index.ts';
import { checkAnswer } from './control-document.ts';
import { zipOf } from '../unit/store/support.ts';
import { LOG_WORKER } from './log-house.ts';
import { QUEUE_WORKER } from './queue-house.ts';
import { MemoryDriver, type MemoryCall, type Script } from './memory-driver.ts';

/** Behaviour of the functions of a house, by name; others return their event. */
export type Handlers = Record<string, (call: MemoryCall) => Promise<InvokeOutcome>>;

/** All rooms of the daemon from the registry to real sockets, over sandboxes in memory. */
export interface EdgeHouse extends AsyncDisposable {
  readonly port: number;
  readonly socketPath: string;
  /** Of its store. */
  readonly paths: Store['paths'];
  readonly url: string;
  readonly logs: LogStore;
  readonly pool: Pool;
  readonly driver: MemoryDriver;
  readonly registry: Registry;
  readonly operations: Operations;
  /** What the daemon says of itself. */
  status(): Status;
  /** Number of invocations that have reached the router. */
  arrivals(): number;
  /** Resolves when this many invocations have reached the router. */
  arrived(count: number): Promise<void>;
  /** Number of stop requests on the control API. */
  stops(): number;
  /** Publishes the next version of a function. */
  publish(name: string, config?: ConfigInput): Promise<number>;
  /** Sends a request to the HTTP port. */
  ask(path: string, options?: AskOptions): Promise<Answer>;
  /** Sends a request to another port of the daemon. */
  askAt(port: number, path: string, options?: AskOptions): Promise<Answer>;
  /** Sends a request to the owner's socket. */
  control(path: string, options?: AskOptions): Promise<Answer>;
  /** Sends bytes on a new connection to the port and resolves with all received bytes when it ends. */
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

/**
 * How requests are sent: over keep-alive connections, which lam reads itself, or over new ones, which it leaves to
 * `node:http`.
 */
export type Way = 'plain' | 'node:http';
export const WAYS: readonly Way[] = ['plain', 'node:http'];

/** How a house differs from the usual one. */
export interface Variations {
  readonly script?: Script;
  readonly door?: Partial<Door>;
  /** Default: `plain`. */
  readonly way?: Way;
  /** Clock of the sandboxes and of waiting requests; default: the system's. */
  readonly clock?: Clock;
  readonly memoryBudgetMiB?: number;
  readonly allowedHosts?: readonly string[];
  /** As in the daemon's setup. */
  readonly glambdar?: 'off' | number;
  readonly aws?: AwsSettings;
  readonly awsKeys?: ServiceKeys;
  /** As in the daemon's setup. */
  readonly miniLambda?: 'off' | number;
  readonly caps?: ConnectionCaps;
  readonly accessLog?: AccessLog;
  readonly observers?: readonly Observer[];
  /** Kinds of triggers; default: lam's own. */
  readonly kinds?: readonly TriggerKind[];
  /** Replaces the one in the home. */
  readonly catalogue?: Catalogue;
}

/** Parts of the setup that are not absent. */
function partsOf({ glambdar, aws, awsKeys, miniLambda, caps, accessLog }: Variations): Partial<DaemonSetup> {
  const parts = Object.entries({ glambdar, aws, awsKeys, miniLambda, caps, accessLog });
  return Object.fromEntries(parts.filter(([, part]) => part !== undefined));
}

export async function edgeHouse(handlers: Handlers = {}, more: Variations = {}): Promise<EdgeHouse> {
  const home = await mkdtemp(join(tmpdir(), 'lam-edge-'));
  const clock = more.clock ?? systemClock;
  const driver = new MemoryDriver(clock, {
    invoke: (call) =>
      handlers[call.sandbox.initRequest?.functionName ?? '']?.(call) ??
      Promise.resolve({ kind: 'result', payload: call.event }),
    ...more.script,
  });
  const opened = await openResources({
    home,
    workers: { logs: LOG_WORKER, queue: QUEUE_WORKER },
    clock: systemClock,
    openDriver: () => Promise.resolve({ driver, reason: 'a test hands it in' }),
    onTrouble: () => undefined,
  });
  const store = more.catalogue === undefined ? opened.store : { ...opened.store, catalogue: more.catalogue };
  const resources = { ...opened, store };
  let arrivals = 0;
  let stops = 0;
  const daemon = composeDaemon({
    resources,
    clock,
    version: '0',
    host: '127.0.0.1',
    port: 0,
    access: { tokens: oneToken(undefined), open: false, ...more.door },
    allowedHosts: more.allowedHosts ?? [],
    ...partsOf(more),
    memoryBudgetMiB: more.memoryBudgetMiB ?? 8192,
    cores: 2,
    triggerKinds: more.kinds ?? TRIGGER_KINDS,
    stop: () => void stops++,
    onTrouble: () => undefined,
    observers: [{ accepted: () => void arrivals++ }, ...(more.observers ?? [])],
  });
  await daemon.start();
  const { port, url } = daemon.status();
  const socketPath = resources.store.paths.socket;
  const agent = more.way === 'node:http' ? false : new Agent({ keepAlive: true });

  const zip = zipOf([{ name: 'index.js', content: 'exports.handler = async (e) => e;' }]);
  const control = (path: string, options: AskOptions = {}): Promise<Answer> =>
    checked(path, options, ask({ socketPath }, path, { agent, ...options }));
  const uploaded = await control('/_lam/v1/artifacts/zip', { method: 'POST', body: zip });
  const { artifact } = uploaded.json();
  return {
    port,
    socketPath,
    paths: resources.store.paths,
    url,
    logs: resources.logs,
    pool: daemon.pool,
    driver,
    registry: daemon.registry,
    operations: daemon.operations,
    status: () => daemon.status(),
    control,
    arrivals: () => arrivals,
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
    ask: (path, options = {}) => checked(path, options, ask({ host: '127.0.0.1', port }, path, { agent, ...options })),
    askAt: (other, path, options = {}) => ask({ host: '127.0.0.1', port: other }, path, { agent, ...options }),
    raw: (bytes) => exchange(port, bytes),
    async [Symbol.asyncDispose]() {
      if (agent !== false) agent.destroy();
      for (const server of daemon.servers) server.closeAllConnections();
      await daemon.close(0);
      await resources.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Fails where an answer of lam's own API is not as its document says, in any test. */
async function checked(path: string, { method = 'GET' }: AskOptions, asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  if (path.startsWith('/_lam/v1/') && method !== 'HEAD') checkAnswer(method, path, answer);
  return answer;
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
