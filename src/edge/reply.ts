import { isLamError, type LamError } from '../errors/index.ts';
import type { HeaderPairs, Reply } from '../http/index.ts';
import { rateLimitFields, retryAfterMs } from '../limits/index.ts';

/** Sends a JSON answer. */
export function sendJson(reply: Reply, status: number, body: unknown, headers: HeaderPairs = []): void {
  reply.send(status, ['content-type', 'application/json', ...headers], Buffer.from(JSON.stringify(body)));
}

/** Returns the header `Retry-After` if a retry may succeed, and those of the limit that was met. */
export function retryHeaders(error: LamError): HeaderPairs {
  if (error.kind !== 'resource_exhausted' && error.kind !== 'unavailable') return [];
  const seconds = Math.max(1, Math.ceil((retryAfterMs(error) ?? 0) / 1000));
  return ['retry-after', String(seconds), ...rateLimitFields(error)];
}

/** Whether the error means that the client disconnected, so that no answer can be sent. */
export function isGone(thrown: unknown): boolean {
  return isLamError(thrown) && (thrown.code === 'LAM_EDGE_CLIENT_GONE' || thrown.code === 'LAM_POOL_CANCELLED');
}
