import type { IncomingMessage } from 'node:http';
import { lamError } from '../errors/index.ts';

const EMPTY: Uint8Array = Buffer.alloc(0);
/** How much of a refused body is read and thrown away so that its sender gets to read the answer, bytes. */
const DRAIN_BYTES = 64 * 1024 * 1024;

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
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    const refuse = (): void => {
      chunks = [];
      reject(lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit }));
    };
    if (Number(announced ?? 0) > limit) refuse();
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else if (size <= limit + DRAIN_BYTES) refuse();
      else request.destroy();
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on('error', () => reject(lamError('LAM_EDGE_CLIENT_GONE', {})));
    request.on('close', () => {
      if (!request.complete) reject(lamError('LAM_EDGE_CLIENT_GONE', {}));
    });
  });
}
