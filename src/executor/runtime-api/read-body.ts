import type { IncomingMessage } from 'node:http';

/** A request's body: the bytes, or its length beyond the limit, or aborted by the sender. */
export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'too-large'; readonly length: number }
  | { readonly kind: 'truncated' };

/**
 * Reads a body of at most `limit` bytes. A longer one is read to its end and discarded, because most clients read the
 * response only after sending everything. Never rejects.
 */
export function readBody(req: IncomingMessage, limit: number): Promise<Body> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else chunks = [];
    });
    req.on('end', () => {
      resolve(length > limit ? { kind: 'too-large', length } : { kind: 'whole', bytes: Buffer.concat(chunks, length) });
    });
    req.on('error', () => resolve({ kind: 'truncated' }));
    req.on('close', () => resolve({ kind: 'truncated' }));
  });
}
