import { HEAD_MS, PlainServer, SWEEP_MS } from '../http/index.ts';
import type { Clock } from '../kit/index.ts';
import type { AuditSink } from '../operations/index.ts';
import { ApiList } from './api-list.ts';
import type { AccessLog } from './access-log.ts';
import type { Api } from './api.ts';
import { ConnectionLimit, type ConnectionCaps } from './connection-limit.ts';
import { NodeReader } from './node-reader.ts';
import { PlainReader } from './plain-reader.ts';

export interface ServerOptions {
  /** In order of matching. */
  readonly apis: readonly Api[];
  /** Name of the API that answers requests which none of them matches; default: the last one's. */
  readonly fallback?: string | undefined;
  readonly clock: Clock;
  /** Is told of each request that is refused; absent: nobody. */
  readonly audit?: AuditSink | undefined;
  /** Called with the size of each request or response body that took memory outside V8's heap (bytes). */
  readonly onBody?: ((bytes: number) => void) | undefined;
  /** Limits of connections; unlimited if absent. */
  readonly caps?: ConnectionCaps | undefined;
  /** Gets a line per request; absent: none. */
  readonly accessLog?: AccessLog | undefined;
}

/** Limit of a request's headers (bytes); the client context alone may take 3.5 KB. */
const HEADER_BYTES = 64 * 1024;

/** How long a connection may be idle before it is closed (ms). */
const KEEP_ALIVE_MS = 60_000;

/** Creates the HTTP server of one listener (socket or port); does not listen yet. */
export function createServer({ apis, fallback, clock, audit, onBody, caps, accessLog }: ServerOptions): PlainServer {
  const list = new ApiList(apis, fallback, audit);
  const nodeReader = new NodeReader(list, clock, accessLog);
  const server = new PlainServer({
    settings: {
      maxHeaderSize: HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Must be set: its default is the smaller of a minute and `requestTimeout`; 0 here, which would mean no limit.
      headersTimeout: HEAD_MS,
      connectionsCheckingInterval: SWEEP_MS,
      requestTimeout: 0,
      noDelay: true,
    },
    listener: nodeReader.onRequest,
    service: new PlainReader(list, accessLog),
    clock,
    onBody,
    onSweep: () => nodeReader.sweep(),
    guard: caps === undefined ? undefined : new ConnectionLimit(caps, clock),
  });
  server.on('checkContinue', nodeReader.onCheckContinue);
  return server;
}
