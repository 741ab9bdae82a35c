import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { lamError } from '../../errors/index.ts';
import { systemClock, type Clock } from '../../kit/index.ts';
import type { Session, SessionHooks } from '../session.ts';
import { refuse, REFUSALS, send } from './answers.ts';
import { Extensions } from './extensions.ts';
import { findRoute } from './routes.ts';
import { RuntimeApiSession } from './session.ts';
import type { SandboxId } from '../../contract/index.ts';

/** Where a sandbox's Runtime API listens. Port 0 means a free one between 20000 and 29999. */
export type RuntimeApiAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface RuntimeApiOptions {
  /** The sandbox's id. */
  readonly id: SandboxId;
  readonly listen: RuntimeApiAddress;
  readonly clock?: Clock;
}

export interface RuntimeApi {
  readonly session: Session;
  /** Where it listens, with the port that was taken. */
  readonly address: RuntimeApiAddress;
  /** Starts measuring the init: the process was just started. */
  spawned(): void;
  /** Makes `session.init` answer with this error: see `checkEntrypoint`. */
  failInit(errorType: string, errorMessage: string): void;
  /** Whether the code registered an extension; AWS then sends SIGTERM 500 ms before SIGKILL. */
  wantsSigterm(): boolean;
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
  const extensions = new Extensions();
  const server = createServer({
    maxHeaderSize: HEADER_BYTES,
    requireHostHeader: false,
    // A runtime may wait in `next` for hours.
    requestTimeout: 0,
    headersTimeout: 0,
    keepAliveTimeout: 0,
  });
  server.timeout = 0;
  const session = new RuntimeApiSession({
    hooks,
    extensions,
    clock: options.clock ?? systemClock,
    onClose: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  // Without a limit, one sandbox could use up the descriptors of the daemon.
  server.maxConnections = SPARE_CONNECTIONS;
  void session.told.then((init) => {
    // One waits for an event while another one answers.
    server.maxConnections = SPARE_CONNECTIONS + 2 * (init?.concurrency ?? 0);
  });
  server.on('request', (req, res) => handle(session, extensions, req, res));
  const address = await listen(server, options.listen);
  return {
    session,
    address,
    spawned: () => session.spawned(),
    failInit: (errorType, errorMessage) => session.failInit(errorType, errorMessage),
    wantsSigterm: () => extensions.count > 0,
    close: () => session.close(),
  };
}

function handle(session: RuntimeApiSession, extensions: Extensions, req: IncomingMessage, res: ServerResponse): void {
  // Without a listener, a client that disconnects midway would crash the daemon.
  req.on('error', () => {});
  res.on('error', () => {});
  const route = findRoute(req.method ?? '', req.url ?? '');
  switch (route.name) {
    case 'next':
      return session.next(res);
    case 'response':
    case 'error':
      return void session.answer(route.name, route.requestId, req, res);
    case 'init-error':
      return void session.initError(req, res);
    case 'register':
      return void extensions.register(req, res, session.isStarting, session.told);
    case 'event-next':
      return extensions.eventNext(req, res);
    case 'extension-error':
      return extensions.error(req, res);
    case 'logs':
      return send(res, 202, { errorType: 'Logs.NotSupported', errorMessage: 'Logs API is not supported' });
    case 'telemetry':
      return send(res, 202, { errorType: 'Telemetry.NotSupported', errorMessage: 'Telemetry API is not supported' });
    case 'ping':
      return send(res, 200, 'pong', { 'Content-Type': 'text/plain' });
    case 'wrong-method':
      return refuse(res, REFUSALS.wrongMethod);
    case 'unknown':
      return refuse(res, REFUSALS.notFound);
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
