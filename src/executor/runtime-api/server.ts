import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:net';

import { lamError } from '../../errors/index.ts';
import { NodeReply, PlainServer, type Reply } from '../../http/index.ts';
import { systemClock, type Clock } from '../../kit/index.ts';
import type { Session, SessionHooks } from '../session.ts';
import { refuse, REFUSALS, send } from './answers.ts';
import { Extensions } from './extensions/extensions.ts';
import { Gate, type ConnectionAdmission } from './gate.ts';
import { PlainRequests } from './plain-requests.ts';
import { findRoute, type ExtensionRoute } from './routes.ts';
import { RuntimeApiSession } from './session.ts';
import type { DeliverTelemetry } from './telemetry/subscriber.ts';
import { Telemetry } from './telemetry/telemetry.ts';
import type { SandboxId } from '../../contract/index.ts';

/** Where a sandbox's Runtime API listens. Port 0 means a free one between 20000 and 29999. */
export type RuntimeApiAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface RuntimeApiOptions {
  /** The sandbox's id. */
  readonly id: SandboxId;
  readonly listen: RuntimeApiAddress;
  readonly clock?: Clock;
  /** Asked about each connection over TCP; without it all are admitted. */
  readonly admit?: ConnectionAdmission;
  /** Names of the external extensions that the driver starts; none by default. */
  readonly extensions?: readonly string[];
  /** Brings telemetry to listeners inside the sandbox; without it the Telemetry API is not supported. */
  readonly deliver?: DeliverTelemetry;
}

export interface RuntimeApi {
  readonly session: Session;
  /** Where it listens, with the port that was taken. */
  readonly address: RuntimeApiAddress;
  /** Starts measuring the init: the process was just started. */
  spawned(): void;
  /** Whether the code has not asked for an event yet, nor reported a failed init. */
  isStarting(): boolean;
  /** Makes `session.init` answer with this error unless it has answered: see `checkEntrypoint`. */
  failInit(errorType: string, errorMessage: string): void;
  /** The extensions of the sandbox. */
  readonly extensions: Extensions;
  readonly telemetry: Telemetry;
  /** Output of external extensions. */
  extensionOutput(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  /** The same as `session.close()`. */
  close(): void;
}

/** Ports above 32767 break clients with signed 16-bit ports and belong to the kernel's ephemeral range. */
const FREE_PORTS = { first: 20_000, last: 29_999 } as const;

/** Error reports carry headers of up to 1 MiB. */
const HEADER_BYTES = 2 * 1024 * 1024;
const PORT_TRIES = 64;
/** Connections of one sandbox besides those of its invocations: extensions, and clients that open one for each call. */
const SPARE_CONNECTIONS = 64;

/** Opens the Runtime API of one sandbox; listens when this resolves. Throws `LAM_EXECUTOR_LISTEN_FAILED`. */
export async function openRuntimeApi(options: RuntimeApiOptions, hooks: SessionHooks): Promise<RuntimeApi> {
  const clock = options.clock ?? systemClock;
  const telemetry = new Telemetry({ clock, deliver: options.deliver });
  const extensions = new Extensions({ clock, external: options.extensions ?? [], telemetry });
  const session = new RuntimeApiSession({
    hooks,
    extensions,
    telemetry,
    clock,
    onClose: () => gate.close(),
  });
  const http = new PlainServer({
    settings: {
      maxHeaderSize: HEADER_BYTES,
      requireHostHeader: false,
      // A runtime may wait in `next` for hours.
      requestTimeout: 0,
      headersTimeout: 0,
      keepAliveTimeout: 0,
    },
    // It may be frozen, or stand still in a debugger, in the middle of an answer.
    isPatient: true,
    listener: (req, res) => {
      // Without a listener, a client that disconnects midway would crash the daemon.
      req.on('error', () => {});
      res.on('error', () => {});
      handle({ session, extensions, telemetry }, req, new NodeReply(res));
    },
    service: new PlainRequests(session),
    clock,
  });
  http.timeout = 0;
  const gate = new Gate(http, options.admit);
  // Without a limit, one sandbox could use up the descriptors of the daemon.
  gate.most = SPARE_CONNECTIONS;
  void session.told.then((init) => {
    // One waits for an event while another one answers.
    gate.most = SPARE_CONNECTIONS + 2 * (init?.concurrency ?? 0);
  });
  const address = await listen(gate.server, options.listen);
  return {
    session,
    address,
    spawned: () => session.spawned(),
    isStarting: () => session.isStarting,
    failInit: (errorType, errorMessage) => session.failInit(errorType, errorMessage),
    extensions,
    telemetry,
    extensionOutput: (stream, chunk) => session.extensionOutput(stream, chunk),
    close: () => session.close(),
  };
}

/** What answers the requests of one sandbox. */
interface Served {
  readonly session: RuntimeApiSession;
  readonly extensions: Extensions;
  readonly telemetry: Telemetry;
}

function handle(served: Served, req: IncomingMessage, reply: Reply): void {
  const { session } = served;
  const route = findRoute(req.method ?? '', req.url ?? '');
  switch (route.name) {
    case 'next':
      return session.next(reply);
    case 'response':
    case 'error':
      return void session.answer(route.name, route.requestId, req, reply);
    case 'init-error':
      return void session.initError(req, reply);
    case 'ping':
      return send(reply, 200, 'pong', ['Content-Type', 'text/plain']);
    case 'wrong-method':
      return refuse(reply, REFUSALS.wrongMethod);
    case 'unknown':
      return refuse(reply, REFUSALS.notFound);
    default:
      return handleExtension(served, route.name, req, reply);
  }
}

/** Requests of extensions. */
// oxlint-disable-next-line max-params -- the request and its answer, what it means and who answers
function handleExtension(
  { session, extensions, telemetry }: Served,
  name: ExtensionRoute,
  req: IncomingMessage,
  reply: Reply,
): void {
  switch (name) {
    case 'register':
      return void extensions.register(req, reply, session.isStarting);
    case 'event-next':
      return extensions.eventNext(req, reply);
    case 'extension-init-error':
      return void extensions.error(req, reply, 'init');
    case 'extension-exit-error':
      return void extensions.error(req, reply, 'exit');
    case 'logs':
    case 'telemetry':
      return void telemetry.subscribe(name, {
        req,
        reply,
        by: () => extensions.find(req, reply),
      });
  }
}

async function listen(server: Server, wanted: RuntimeApiAddress): Promise<RuntimeApiAddress> {
  const fixed = 'path' in wanted || wanted.port !== 0;
  const span = FREE_PORTS.last - FREE_PORTS.first + 1;
  for (let attempt = 1; ; attempt++) {
    const address = fixed ? wanted : { host: wanted.host, port: FREE_PORTS.first + Math.floor(Math.random() * span) };
    const failure = await tryListen(server, address);
    if (failure === undefined) return address;
    if (fixed || failure.code !== 'EADDRINUSE' || attempt === PORT_TRIES) {
      const where = 'path' in address ? address.path : `${address.host}:${address.port}`;
      throw lamError('LAM_EXECUTOR_LISTEN_FAILED', { path: where, reason: failure.message }, failure);
    }
  }
}

function tryListen(server: Server, address: RuntimeApiAddress): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error);
    server.once('error', failed);
    // The sandbox has another user, so the socket is open to all; its folder controls access.
    const how = 'path' in address ? { path: address.path, readableAll: true, writableAll: true } : { ...address };
    server.listen(how, () => {
      server.off('error', failed);
      resolve(undefined);
    });
  });
}
