import type { IncomingMessage } from 'node:http';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';

const EMPTY: Uint8Array = Buffer.alloc(0);
/** How much of a refused body is read and thrown away so that its sender gets to read the answer, bytes. */
const DRAIN_BYTES = 64 * 1024 * 1024;
/** How long that may take where the answer has to wait for it, ms. */
const DRAIN_MS = 2000;

/**
 * The whole body. Rejects with `LAM_EDGE_PAYLOAD_TOO_LARGE` as soon as more than `limit` bytes are announced or came
 * (where the connection closes after the answer: once the rest was read, for a sender that is cut off while it writes never
 * gets to read), and with `LAM_EDGE_CLIENT_GONE` when the sender breaks off.
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
 * Reads what is left of the body of a refused request and throws it away, within bounds: it would be taken for the next
 * request, and where the connection closes after the answer its sender has to be done to read that. Never rejects.
 */
export function discardRest(request: IncomingMessage, clock: Clock): Promise<void> {
  // Left behind by whoever read the body piece by piece; with them nothing would flow.
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

/** Whether nothing is read any more once the answer is out, though the body is on its way. */
function closesAfterAnswer(request: IncomingMessage): boolean {
  if (request.headers.expect !== undefined) return false;
  return request.httpVersionMinor === 0 || request.headers.connection?.toLowerCase() === 'close';
}
