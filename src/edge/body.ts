import type { IncomingMessage } from 'node:http';
import { lamError } from '../errors/index.ts';

const EMPTY: Uint8Array = Buffer.alloc(0);

/**
 * The whole body. Rejects with `LAM_EDGE_PAYLOAD_TOO_LARGE` as soon as more than `limit` bytes are announced or came, and with
 * `LAM_EDGE_CLIENT_GONE` when the sender breaks off.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const announced = request.headers['content-length'];
  if (announced === undefined ? request.headers['transfer-encoding'] === undefined : announced === '0') {
    request.resume();
    return Promise.resolve(EMPTY);
  }
  if (Number(announced ?? 0) > limit) return Promise.reject(lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit }));
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        chunks = [];
        reject(lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit }));
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on('error', () => reject(lamError('LAM_EDGE_CLIENT_GONE', {})));
    request.on('close', () => {
      if (!request.complete) reject(lamError('LAM_EDGE_CLIENT_GONE', {}));
    });
  });
}
