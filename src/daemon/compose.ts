import type { Server } from 'node:http';
import { Authorizers } from '../access/index.ts';
import {
  Arns,
  DEFAULT_PLACE,
  type AwsSettings,
  type FunctionName,
  type OtherApiPort,
  type Status,
} from '../contract/index.ts';
import {
  createEdge,
  MiniMetrics,
  oneToken,
  type AccessLog,
  type ServiceKeys,
  type ConnectionCaps,
  type Door,
  type OtherApiParts,
} from '../edge/index.ts';
import { messageOf } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import { joinObservers, type Observer } from '../observer/index.ts';
import { createOperations, guardedOperations, type Operations } from '../operations/index.ts';
import { Limits, Quotas } from '../limits/index.ts';
import { Pool } from '../pool/index.ts';
import { Registry } from '../registry/index.ts';
import { Router } from '../router/index.ts';
import type { Catalogue } from '../store/index.ts';
import type { TriggerKind } from '../triggers/index.ts';
import { CallRights } from './call-rights.ts';
import { accessHost } from './access-host.ts';
import { composeBackground, type BackgroundWork } from './compose-background.ts';
import { composeTriggers, type LiveTriggers } from './compose-triggers.ts';
import type { DaemonLog } from './daemon-log.ts';
import { drain, Followers } from './drain.ts';
import { eventPhases } from './event-phases.ts';
import { httpForms } from './http-forms.ts';
import { bodyPassed } from './large-bodies.ts';
import { listenOnPort, listenOnSocket } from './listen.ts';
import { removeUnusedImages } from './image-garbage.ts';
import { keyRing } from './key-ring.ts';
import { keepLimitsInStep } from './limits-in-step.ts';
import { keepProvisionedInStep } from './provisioned-in-step.ts';
import { keepLogsInStep } from './logs-in-step.ts';
import { announceDeployed, keepPoolInStep, renewRepaired } from './pool-in-step.ts';
import type { Resources } from './resources.ts';
import { serveCalls, type CallServer } from './serve-calls.ts';
import { composeOtherPorts, otherApiParts, type OtherApiPorts } from './other-apis.ts';
import { staticFiles } from './static-files.ts';
import { startupCachesOf } from './startup-caches.ts';
import { createVerifier } from './verifier.ts';

/** Inputs of a daemon's composition. Tests pass a driver and a clock of their own. */
export interface DaemonSetup {
  readonly resources: Resources;
  readonly clock: Clock;
  readonly version: string;
  /** As in {@link Status.build}. */
  readonly build?: string | undefined;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Access rights of the port. */
  readonly access: Pick<Door, 'tokens' | 'open'>;
  /** Limits of connections to the port; unlimited if absent. */
  readonly caps?: ConnectionCaps;
  /** Host names that the port accepts besides the machine's own, also as origins of pages; `*` for all. */
  readonly allowedHosts: readonly string[];
  /** AWS account and region of functions, and services of AWS. */
  readonly aws?: AwsSettings;
  /** For requests to these services. */
  readonly awsKeys?: ServiceKeys;
  /** Upper bound of the sum of all sandboxes' memory limits (MiB). */
  readonly memoryBudgetMiB: number;
  readonly asked?: Status['asked'];
  readonly cores: number;
  /** Port of its own for Glambdar's API (0: any free one), or `off`; absent: beside functions only. */
  readonly glambdar?: OtherApiPort;
  /** Port of Mini-Lambda's API (0: any free one); `off` or absent: it is not served. */
  readonly miniLambda?: OtherApiPort;
  /** Gets a line per request on the port; absent: none. */
  readonly accessLog?: AccessLog;
  /** Known kinds of triggers. */
  readonly triggerKinds: readonly TriggerKind[];
  /** Called when the control API is asked to stop. */
  readonly stop: () => void;
  readonly onTrouble: DaemonLog;
  /** Observers of invocations and sandboxes. */
  readonly observers?: readonly Observer[];
}

/** A daemon whose rooms are wired. */
export interface Daemon {
  readonly registry: Registry;
  readonly pool: Pool;
  readonly operations: Operations;
  /** The HTTP servers of the ports and of the socket. */
  readonly servers: readonly Server[];
  status(): Status;
  /** Listens on the port, then on the socket. Throws `LAM_DAEMON_PORT_TAKEN` or `LAM_DAEMON_LISTEN_FAILED`. */
  start(): Promise<void>;
  /**
   * Stops accepting connections, waits at most `drainMs` for requests in flight, then ends the sandboxes. With
   * `keepSocket` the control socket stays: closing it would remove the file at its path, which may be another daemon's.
   */
  close(drainMs: number, keepSocket?: boolean): Promise<void>;
}

/** Address of the port, valid once it listens. */
interface Address {
  port: number;
  url: string;
}

/** The rooms between the edge and the driver. */
interface Core {
  readonly arns: Arns;
  readonly registry: Registry;
  readonly pool: Pool;
  readonly router: Router;
  readonly triggers: LiveTriggers;
  readonly background: BackgroundWork;
  /** Told of each event that was queued. */
  readonly onAccepted: (name: FunctionName) => void;
  readonly callRights: CallRights;
  readonly limits: Limits;
  readonly quotas: Quotas;
}

/** Wires the rooms of a daemon; nothing listens yet. The composition root: the only place that knows all rooms. */
export function composeDaemon(setup: DaemonSetup): Daemon {
  const { clock, resources } = setup;
  const address: Address = { port: 0, url: '' };
  const metrics = typeof setup.miniLambda === 'number' ? new MiniMetrics() : undefined;
  const core = composeCore(setup, address, metrics === undefined ? [] : [metrics]);
  const { registry, pool, triggers, background } = core;
  const startedAt = clock.now();
  const status = (): Status => ({ ...statusOf(setup, pool, { ...address, startedAt }), ...others.status() });
  const followers = new Followers();
  const operations = composeOperations(setup, core, followers, status);
  const parts = otherApiParts(setup, resources.store, clock);
  const { port, socket, others } = composeServers(setup, core, operations, { parts, metrics });
  const ports = [port, ...others.servers];
  const servers = [...ports, socket];
  const calls = composeCalls(setup, core, operations);
  let stopAnnouncing: () => void = () => undefined;
  return {
    registry,
    pool,
    operations,
    servers,
    status,
    async start() {
      address.port = await listenOnPort(port, setup.host, setup.port);
      address.url = `http://${setup.host.includes(':') ? `[${setup.host}]` : setup.host}:${address.port}`;
      await others.start(setup.host);
      await calls.start();
      await listenOnSocket(socket, resources.store.paths.socket);
      const { catalogue } = resources.store;
      const stops = [
        announceDeployed(() => catalogue.view, registry, pool, clock),
        keepProvisionedInStep(catalogue, registry, pool, clock),
      ];
      stopAnnouncing = () => stops.forEach((stop) => stop());
      background.start();
      triggers.supervisor.start();
    },
    async close(drainMs, keepSocket = false) {
      stopAnnouncing();
      await drain({
        servers: keepSocket ? ports : servers,
        followers,
        limitMs: drainMs,
        clock,
        stopTriggers: async (limitMs) => {
          await Promise.all([triggers.supervisor.close(limitMs), background.stop(limitMs)]);
        },
        closePool: (graceMs) => pool.close(graceMs),
      });
      // Functions may call others as long as they run.
      await calls.close();
      parts.counts.flush();
    },
  };
}

function composeCore(setup: DaemonSetup, address: Address, watching: readonly Observer[]): Core {
  const { clock, onTrouble } = setup;
  const observers = joinObservers([...(setup.observers ?? []), ...watching], onTrouble);
  const { store, logs, queue, chosen } = setup.resources;
  const limits = new Limits(clock);
  const arns = new Arns({ ...DEFAULT_PLACE, ...setup.aws });
  const registry: Registry = new Registry({
    catalogue: store.catalogue,
    artifacts: store.artifacts,
    clock,
    around: {
      arns,
      url: (name) => `${address.url}/${name}`,
      sandboxes: (name) => pool.counts(name),
      warm: ({ functionName, version }) => pool.counts(functionName, version).idle,
      triggers: (name) => triggers.supervisor.statesOf(name),
      throttled: (name) => limits.throttled(name),
    },
    kinds: setup.triggerKinds,
    publishedArtifacts: () => [...store.layers.artifacts(), ...store.images.artifacts()],
    onTrouble,
  });
  const callRights = new CallRights();
  const pool: Pool = new Pool({
    driver: chosen.driver,
    clock,
    memoryBudgetMiB: setup.memoryBudgetMiB,
    cores: setup.cores,
    callRights,
    startupCaches: startupCachesOf(store, chosen.driver.name),
    isLive: (revision) => registry.has(revision.functionName) && registry.resolve(revision.functionName) === revision,
    observers,
    onTrouble,
    hooksFor: (revision, id) =>
      router.hooksFor(revision, id, (what) =>
        onTrouble(`sandbox ${id} of '${revision.functionName}' broke the protocol: ${what}`),
      ),
  });
  const router = new Router({
    pool,
    logs,
    clock,
    resolve: (name, qualifier, key) => registry.resolve(name, qualifier, key),
    observers,
    limits,
  });
  keepLimitsInStep(store.catalogue, limits);
  keepPoolInStep(registry, pool);
  keepLogsInStep(registry, logs, onTrouble);
  renewRepaired(store.artifacts, pool, onTrouble);
  const onAccepted = (name: FunctionName): void => observers?.event(name, 'accepted');
  const rooms = { registry, router, queue, pool, limits, clock, arns, onTrouble, observers, onAccepted };
  const { home, destinations } = store.paths;
  const triggers = composeTriggers({ ...rooms, kinds: setup.triggerKinds, home, states: store.triggerStates });
  const onPhase = eventPhases(observers, triggers.supervisor);
  const background = composeBackground({ ...rooms, onPhase, folder: destinations });
  const quotas = new Quotas(clock, store.keyUsage);
  return { arns, registry, pool, router, triggers, limits, quotas, background, onAccepted, callRights };
}

function composeOperations(
  { resources, clock, stop, onTrouble }: DaemonSetup,
  { registry, pool, triggers, quotas, onAccepted }: Core,
  followers: Followers,
  status: () => Status,
): Operations {
  const { store, logs, queue, chosen, audit } = resources;
  return createOperations({
    store,
    audit,
    queue,
    clock,
    quotas,
    registry,
    logs,
    followers,
    onAccepted,
    runtime: { status, stop },
    triggers: triggers.supervisor,
    imageEngine: chosen.driver.images,
    prepare: (runtime, image) => chosen.driver.prepare(runtime, image),
    verifier: createVerifier({ registry, pool, logs, clock }),
    removeImages: () =>
      removeUnusedImages(store, chosen.driver).catch((thrown: unknown) =>
        onTrouble(`images of functions were not cleaned up: ${messageOf(thrown)}`),
      ),
    warm: (name, version) => {
      const { idle, busy, starting } = pool.counts(name, version);
      return { ready: idle + busy, starting };
    },
    isBusy: (name, version) => {
      const counts = pool.counts(name, version);
      return counts.busy + counts.starting > 0;
    },
  });
}

interface Servers {
  readonly port: Server;
  readonly socket: Server;
  readonly others: OtherApiPorts;
}

// oxlint-disable-next-line max-params -- the setup, the rooms, and what both sides of the edge share
function composeServers(
  setup: DaemonSetup,
  { arns, registry, router, triggers, limits, quotas }: Core,
  operations: Operations,
  { parts, metrics }: { readonly parts: OtherApiParts; readonly metrics: MiniMetrics | undefined },
): Servers {
  const { store, audit } = setup.resources;
  const edge = {
    arns,
    awsEndpoints: setup.aws?.endpoints ?? {},
    awsKeys: setup.awsKeys,
    others: parts,
    router,
    limits,
    quotas,
    operations,
    operationsFor: guardedOperations(operations, audit),
    auditSink: audit,
    keys: keyRing(store, setup.clock),
    clock: setup.clock,
    routes: triggers.routes,
    webhooks: triggers.webhooks,
    authorizers: new Authorizers(
      accessHost({ arns, registry, router, store, clock: setup.clock, onTrouble: setup.onTrouble }),
    ),
    exists: (name: FunctionName) => registry.has(name),
    formOf: httpForms(registry, setup.resources.store.catalogue),
    files: staticFiles(registry, store.artifacts),
    generation: generationOf(setup.resources.store.catalogue),
    onBody: bodyPassed,
  };
  const open = {
    ...edge,
    door: portDoor(setup),
    ...(setup.caps === undefined ? {} : { caps: setup.caps }),
    ...(setup.accessLog === undefined ? {} : { accessLog: setup.accessLog }),
  };
  return {
    port: createEdge(open),
    socket: createEdge({ ...edge, door: { kind: 'socket', tokens: oneToken(undefined), open: false } }),
    others: composeOtherPorts(setup, open, metrics),
  };
}

function composeCalls(
  { clock, caps, resources }: DaemonSetup,
  { arns, router, callRights }: Core,
  operations: Operations,
): CallServer {
  const limits = caps === undefined ? {} : { caps: { ...caps, perAddress: caps.total } };
  const { driver } = resources.chosen;
  return serveCalls({ arns, router, operations, clock, onBody: bodyPassed, ...limits }, callRights, driver);
}

function portDoor({ access, host, allowedHosts }: DaemonSetup): Door {
  return { kind: 'port', hosts: new Set(allowedHosts), address: host.toLowerCase(), ...access };
}

/** Returns a number that changes whenever a function changes. */
function generationOf(catalogue: Catalogue): () => number {
  let generation = 0;
  catalogue.watch(() => generation++);
  return () => generation;
}

/** Returns the status that `lam status` shows. */
function statusOf(setup: DaemonSetup, pool: Pool, at: Pick<Status, 'port' | 'url' | 'startedAt'>): Status {
  const { store, chosen, reclaimed } = setup.resources;
  return {
    pid: process.pid,
    version: setup.version,
    ...(setup.build === undefined ? {} : { build: setup.build }),
    ...at,
    host: setup.host,
    ...(setup.allowedHosts.length === 0 ? {} : { allowedHosts: setup.allowedHosts }),
    ...(setup.accessLog === undefined ? {} : { accessLog: setup.accessLog.format }),
    ...(setup.aws === undefined ? {} : { aws: setup.aws }),
    home: store.paths.home,
    node: store.nodeId,
    driver: chosen.driver.name,
    driverReason: chosen.reason,
    gaps: chosen.driver.gaps,
    functions: store.catalogue.view.size,
    sandboxes: { ...pool.counts(), stems: pool.stems },
    memory: pool.memory,
    ...(setup.asked === undefined ? {} : { asked: setup.asked }),
    reclaimed,
  };
}
