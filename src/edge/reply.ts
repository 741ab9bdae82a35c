import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isLamError, asLamError, toWire, type LamError } from '../errors/index.ts';
import type { Reply } from './http1/service.ts';

/** Answers JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  new NodeReply(response).send(status, jsonLines(bytes.length), bytes);
}

/** Answers an error of lam in the control API's form. */
export function sendError(response: ServerResponse, thrown: unknown): void {
  const error = asLamError(thrown);
  const bytes = Buffer.from(JSON.stringify({ error: toWire(error) }));
  new NodeReply(response).send(error.httpStatus, jsonLines(bytes.length) + retryAfter(error), bytes);
}

/** Header lines of a JSON body of so many bytes. */
export function jsonLines(bytes: number): string {
  return `content-type: application/json\r\ncontent-length: ${bytes}\r\n`;
}

/** The line `Retry-After` where trying again makes sense, else nothing. */
export function retryAfter(error: LamError): string {
  return error.kind === 'resource_exhausted' || error.kind === 'unavailable' ? 'retry-after: 1\r\n' : '';
}

/** Whether the client merely left: nobody is there to be answered. */
export function isGone(thrown: unknown): boolean {
  return isLamError(thrown) && (thrown.code === 'LAM_EDGE_CLIENT_GONE' || thrown.code === 'LAM_POOL_CANCELLED');
}

/** Bodies up to this are written together with their head, bytes. */
const TOGETHER_BYTES = 16 * 1024;

/** An answer by `node:http`. */
export class NodeReply implements Reply {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get socket(): Socket {
    return this.#response.req.socket;
  }

  cancelWhenGone(work: { cancel(): void }): void {
    const response = this.#response;
    if (response.destroyed) work.cancel();
    else {
      response.once('close', () => {
        if (!response.writableFinished) work.cancel();
      });
    }
  }

  send(status: number, lines: string, body: Uint8Array): void {
    const response = this.#response;
    if (response.headersSent) {
      // Half an answer is out: only breaking off tells the client.
      response.destroy();
      return;
    }
    response.writeHead(status, headersOf(lines));
    if (body.byteLength === 0) response.end();
    else if (body.byteLength > TOGETHER_BYTES) response.end(body);
    // As text of one byte a character it leaves in one piece with the head.
    else response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'latin1');
  }

  abandon(): void {
    this.#response.destroy();
  }
}

/** Header lines as `node:http` takes them: names and values in turn. */
function headersOf(lines: string): string[] {
  const headers: string[] = [];
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) headers.push(line.slice(0, colon), line.slice(colon + 2));
  }
  return headers;
}
