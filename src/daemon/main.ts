import { availableParallelism, totalmem } from 'node:os';
import { parseRuntime } from '../runtimes/index.ts';
import type { DaemonOptions, Reclaimed, Status } from '../contract/index.ts';
import { createEdge, oneToken, type Door, type EdgeOptions } from '../edge/index.ts';
import { lamError } from '../errors/index.ts';
import type { SandboxDriver } from '../driver/index.ts';
import { systemClock, type Clock } from '../kit/index.ts';
import { LogStore } from '../logs/index.ts';
import { createOperations } from '../operations/index.ts';
import { Pool } from '../pool/index.ts';
import { LIVE_TRIGGERS, Registry } from '../registry/index.ts';
import { Router } from '../router/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { TRIGGER_KINDS } from '../triggers/index.ts';
import { DeployedTriggers } from '../triggers/supervisor/index.ts';
import { httpRoutes } from './http-routes.ts';
import type { DriverChoice } from './choose-driver.ts';
import { stderrLog } from './daemon-log.ts';
import { drain, Followers } from './drain.ts';
import { bodyPassed } from './large-bodies.ts';
import { openDriver } from './open-driver.ts';
import { keepLogsInStep } from './logs-in-step.ts';
import { announceDeployed, keepPoolInStep, MIN_WARM } from './pool-in-step.ts';
import { isLoopbackAddress, listenOnPort, listenOnSocket } from './listen.ts';
import { startupCachesOf } from './startup-caches.ts';
import { waitForStop } from './stop.ts';

/** Most bytes of log kept per function. */
const KEEP_LOG_BYTES = 64 * 1024 * 1024;
/** How long invocations that run may go on once the daemon is told to stop, ms. */
const DRAIN_MS = 30_000;
/** Share of the machine's memory that the limits of all sandboxes together may promise. */
const MEMORY_SHARE = 0.8;

/**
 * Runs a daemon until it is told to stop (SIGTERM, SIGINT, or over the control API) and resolves to its exit code. Throws
 * when it cannot start, and then has left nothing behind.
 */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const clock = systemClock;
  if (!isLoopbackAddress(options.host) && options.token === undefined)
    throw lamError('LAM_DAEMON_TOKEN_NEEDED', { host: options.host });
  const store = await openStore(options.home, { clock, facts: [LIVE_TRIGGERS, MIN_WARM] });
  const closers: (() => Promise<void>)[] = [() => store.close()];
  try {
    const logs = LogStore.open({
      file: `${store.paths.logs}/logs.db`,
      worker: options.assets.logWorker,
      node: store.nodeId,
      clock,
      keepBytes: KEEP_LOG_BYTES,
      onTrouble: stderrLog,
    });
    closers.push(() => logs.close());
    const { driver, choice } = await openDriver(options, store.artifacts, clock);
    const left = await driver.reclaim();
    const reclaimed: Reclaimed = { ...left, files: left.files + store.reclaimed };
    return await serve({ options, store, logs, driver, choice, reclaimed, clock, closers });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

interface Parts {
  readonly options: DaemonOptions;
  readonly store: Store;
  readonly logs: LogStore;
  readonly driver: SandboxDriver;
  readonly choice: DriverChoice;
  readonly reclaimed: Reclaimed;
  readonly clock: Clock;
  readonly closers: (() => Promise<void>)[];
}

async function serve(parts: Parts): Promise<number> {
  const { options, store, logs, driver, clock, closers } = parts;
  const stopping = waitForStop();
  const { pool, router, registry } = wire(parts, () => url);
  let url = '';
  let port = 0;
  const startedAt = clock.now();
  const status = (): Status => statusOf(parts, pool, { port, url, startedAt });
  const followers = new Followers();
  const operations = createOperations({
    followers,
    store,
    registry,
    logs,
    runtime: { status, stop: stopping.stop },
    prepare: (runtime, image) => {
      const parsed = parseRuntime(runtime);
      return parsed === undefined ? Promise.resolve(null) : driver.prepare(parsed, image);
    },
    isBusy: (name, version) => {
      const counts = pool.counts(name, version);
      return counts.busy + counts.starting > 0;
    },
  });
  const edge: Omit<EdgeOptions, 'door'> = {
    router,
    operations,
    clock,
    routes: httpRoutes(new DeployedTriggers(registry)),
    exists: (name) => registry.has(name),
    generation: generationOf(registry),
    onBody: bodyPassed,
  };
  const door: Door = { kind: 'port', tokens: oneToken(options.token), open: !isLoopbackAddress(options.host) };
  const tcp = createEdge({ ...edge, door });
  const socket = createEdge({ ...edge, door: { kind: 'socket', tokens: oneToken(undefined), open: false } });
  closers.push(() =>
    drain({ servers: [tcp, socket], followers, limitMs: DRAIN_MS, clock, closePool: (graceMs) => pool.close(graceMs) }),
  );
  port = await listenOnPort(tcp, options.host, options.port);
  url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  await listenOnSocket(socket, store.paths.socket);
  options.onReady(status());
  const callOff = announceDeployed(() => store.catalogue.view, registry, pool, clock);
  closers.push(() => Promise.resolve(callOff()));
  await stopping.stopped;
  return 0;
}

/** What `lam status` shows. */
function statusOf(parts: Parts, pool: Pool, at: Pick<Status, 'port' | 'url' | 'startedAt'>): Status {
  const { options, store, driver, choice, reclaimed } = parts;
  return {
    pid: process.pid,
    version: options.version,
    ...at,
    host: options.host,
    home: options.home,
    node: store.nodeId,
    driver: choice.name,
    driverReason: choice.reason,
    gaps: driver.gaps,
    functions: store.catalogue.view.size,
    sandboxes: { ...pool.counts(), stems: pool.stems },
    memory: pool.memory,
    reclaimed,
  };
}

function wire(parts: Parts, url: () => string): { pool: Pool; router: Router; registry: Registry } {
  const { store, logs, driver, clock } = parts;
  const registry: Registry = new Registry({
    catalogue: store.catalogue,
    artifacts: store.artifacts,
    clock,
    around: {
      url: (name) => `${url()}/${name}`,
      sandboxes: (name) => pool.counts(name),
      warm: ({ functionName, version }) => pool.counts(functionName, version).idle,
      triggers: () => [],
    },
    kinds: TRIGGER_KINDS,
  });
  const pool: Pool = new Pool({
    driver,
    clock,
    memoryBudgetMiB: parts.options.memoryMiB ?? Math.floor((totalmem() / 1024 / 1024) * MEMORY_SHARE),
    cores: availableParallelism(),
    startupCaches: startupCachesOf(store, driver.name),
    isLive: (revision) => registry.has(revision.functionName) && registry.resolve(revision.functionName) === revision,
    onTrouble: stderrLog,
    hooksFor: (revision, id) =>
      router.hooksFor(revision, id, (what) =>
        stderrLog(`sandbox ${id} of '${revision.functionName}' broke the protocol: ${what}`),
      ),
  });
  const router = new Router({ pool, logs, clock, resolve: (name, qualifier) => registry.resolve(name, qualifier) });
  keepPoolInStep(registry, pool);
  keepLogsInStep(registry, logs, stderrLog);
  return { pool, router, registry };
}

/** A number that changes with every change that moves what is live. */
function generationOf(registry: Registry): () => number {
  let generation = 0;
  registry.onChange(() => generation++);
  return () => generation;
}
