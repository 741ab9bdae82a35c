import type { ServerResponse } from 'node:http';
import { isLamError, asLamError, toWire, type LamError } from '../errors/index.ts';

/** Answers JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
  response.end(bytes);
}

/** Answers an error of lam in the control API's form. */
export function sendError(response: ServerResponse, thrown: unknown): void {
  const error = asLamError(thrown);
  if (response.headersSent) {
    // Half an answer is out: only breaking off tells the client.
    response.destroy();
    return;
  }
  sendJson(response, error.httpStatus, { error: toWire(error) }, retryAfter(error));
}

/** `Retry-After` where trying again makes sense. */
export function retryAfter(error: LamError): Record<string, string> {
  return error.kind === 'resource_exhausted' || error.kind === 'unavailable' ? { 'retry-after': '1' } : {};
}

/** Whether the client merely left: nobody is there to be answered. */
export function isGone(thrown: unknown): boolean {
  return isLamError(thrown) && (thrown.code === 'LAM_EDGE_CLIENT_GONE' || thrown.code === 'LAM_POOL_CANCELLED');
}
