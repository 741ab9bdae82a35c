import { request, type ClientRequest } from 'node:http';
import { connect, type Socket } from 'node:net';

import type { DeliverTelemetry } from './subscriber.ts';
import type { TelemetryDestination } from './subscription.ts';

/** Times that deliveries may take (ms). */
export interface DeliveryLimits {
  /** One batch, in all. */
  readonly deliveryMs: number;
  /** A TCP listener that was sent a batch, to close its end. */
  readonly closingMs: number;
}

const LIMITS: DeliveryLimits = { deliveryMs: 5000, closingMs: 500 };
/** Names of a sandbox for itself. */
const OWN_NAMES: ReadonlySet<string> = new Set(['sandbox', 'sandbox.localdomain']);

/**
 * Returns what brings telemetry to listeners of a sandbox whose own local address is `address`. A delivery lasts as long
 * as its connection: listeners that are slow to close theirs do not use up the daemon's files.
 */
export function telemetryTo(address: string, limits = LIMITS): DeliverTelemetry {
  return (to, batch, unwanted) => {
    const host = OWN_NAMES.has(to.host) ? address : '127.0.0.1';
    return to.via === 'TCP'
      ? overTcp({ host, port: to.port }, { batch, limits, unwanted })
      : overHttp({ ...to, at: host }, { batch, limits, unwanted });
  };
}

/** One batch on its way. */
interface Delivery {
  readonly batch: Buffer;
  readonly limits: DeliveryLimits;
  readonly unwanted: AbortSignal | undefined;
}

/** An HTTP listener, and the address at which it is reached. */
type HttpListener = TelemetryDestination & { readonly via: 'HTTP'; readonly at: string };

function overHttp(to: HttpListener, { batch, limits, unwanted }: Delivery): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': String(batch.length),
      Host: `${to.host}:${to.port}`,
    };
    const { at: host, port, path } = to;
    let isTaken = false;
    const req = request({ host, port, path, method: 'POST', headers, agent: false }, (res) => {
      res.resume();
      res.on('error', () => undefined);
      isTaken = (res.statusCode ?? 500) < 500;
    });
    req.on('error', () => undefined);
    req.on('close', () => resolve(isTaken));
    // In all, not since the last byte: an answer without an end would hold one of the daemon's files for each batch.
    endAfter(limits.deliveryMs, req, unwanted);
    req.end(batch);
  });
}

function overTcp(
  to: { readonly host: string; readonly port: number },
  { batch, limits, unwanted }: Delivery,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(to);
    let isSent = false;
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(isSent));
    const setEnd = endAfter(limits.deliveryMs, socket, unwanted);
    socket.on('finish', () => {
      isSent = true;
      setEnd(limits.closingMs);
    });
    socket.end(batch);
    socket.resume();
  });
}

/** Ends a connection after `ms`, or when it is unwanted; returns what sets another time, from now. */
function endAfter(
  ms: number,
  connection: ClientRequest | Socket,
  unwanted: AbortSignal | undefined,
): (ms: number) => void {
  const end = (): void => void connection.destroy();
  let timer = setTimeout(end, ms).unref();
  unwanted?.addEventListener('abort', end);
  connection.once('close', () => {
    clearTimeout(timer);
    unwanted?.removeEventListener('abort', end);
  });
  return (again) => {
    clearTimeout(timer);
    timer = setTimeout(end, again).unref();
  };
}
