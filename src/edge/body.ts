import type { IncomingMessage } from 'node:http';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';

const EMPTY: Uint8Array = Buffer.alloc(0);
/** How much of a refused body is read and discarded, so that the sender can read the answer (bytes). */
const DRAIN_BYTES = 64 * 1024 * 1024;
/** Time limit of that if the answer is sent after it (ms). */
const DRAIN_MS = 2000;

/**
 * Reads the whole body. Rejects with `LAM_EDGE_PAYLOAD_TOO_LARGE` as soon as more than `limit` bytes are announced or
 * received, and with `LAM_EDGE_CLIENT_GONE` when the sender disconnects. Where the connection closes after the answer,
 * the rest is read first: a sender that is reset while it writes never reads the answer.
 */
export function readBody(request: IncomingMessage, limit: number, clock: Clock): Promise<Uint8Array> {
  const announced = request.headers['content-length'];
  if (announced === undefined ? request.headers['transfer-encoding'] === undefined : announced === '0') {
    request.resume();
    return Promise.resolve(EMPTY);
  }
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    let cancelLate: (() => void) | undefined;
    const refuseNow = (): void => reject(lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit }));
    const refuse = (): void => {
      chunks = [];
      if (!closesAfterAnswer(request)) refuseNow();
      else cancelLate ??= clock.after(DRAIN_MS, refuseNow);
    };
    if (Number(announced ?? 0) > limit) refuse();
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else if (size <= limit + DRAIN_BYTES) refuse();
      else request.destroy();
    });
    request.on('end', () => {
      if (cancelLate !== undefined) refuseNow();
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
    request.on('error', () => reject(lamError('LAM_EDGE_CLIENT_GONE', {})));
    request.on('close', () => {
      cancelLate?.();
      if (!request.complete) reject(lamError('LAM_EDGE_CLIENT_GONE', {}));
    });
  });
}

/**
 * Discards the rest of a refused request's body, within bounds: it would otherwise be parsed as the next request.
 * Resolves when the answer may be sent, which is later where the connection closes after it. Never rejects.
 */
export function discardRest(request: IncomingMessage, clock: Clock): Promise<void> {
  // A reader that stopped halfway leaves these behind, and with them the stream would not flow.
  request.removeAllListeners('readable');
  request.on('data', () => undefined);
  request.resume();
  if (request.complete || request.destroyed || !closesAfterAnswer(request)) return Promise.resolve();
  return new Promise((resolve) => {
    const cancelLimit = clock.after(DRAIN_MS, resolve);
    const done = (): void => {
      cancelLimit();
      resolve();
    };
    request.once('end', done);
    request.once('close', done);
  });
}

/** Whether the connection closes after the answer while the body may still be arriving. */
function closesAfterAnswer(request: IncomingMessage): boolean {
  if (request.headers.expect !== undefined) return false;
  return request.httpVersionMinor === 0 || request.headers.connection?.toLowerCase() === 'close';
}
