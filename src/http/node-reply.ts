import type { ServerResponse } from 'node:http';
import { announcedLength, areValidHeaders, isBodiless, type HeaderPairs } from './headers.ts';
import type { Reply } from './reply.ts';

/** Bodies up to this length are written together with their head (bytes). */
const TOGETHER_BYTES = 16 * 1024;

/** An answer through `node:http`. */
export class NodeReply implements Reply {
  readonly #response: ServerResponse;
  /** Bytes of an announced length that have not been written. */
  #missingBytes: number | undefined;
  #isBroken = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get waitingBytes(): number {
    return this.#response.writableLength;
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

  send(status: number, headers: HeaderPairs, body: Uint8Array): void {
    const response = this.#response;
    if (response.headersSent) {
      // Part of the answer was sent: only closing the connection signals the failure.
      response.destroy();
    } else if (!areValidHeaders(headers)) {
      response.writeHead(500, ['content-length', '0']).end();
    } else if (isBodiless(status)) {
      response.writeHead(status, [...headers]).end();
    } else {
      response.writeHead(status, [...headers, 'content-length', String(body.byteLength)]);
      if (body.byteLength === 0) response.end();
      else if (body.byteLength > TOGETHER_BYTES) response.end(body);
      // As latin1 text the body is written in one piece with the head.
      else response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'latin1');
    }
  }

  start(status: number, headers: HeaderPairs, goOn?: () => void): void {
    const response = this.#response;
    if (response.headersSent || !areValidHeaders(headers)) {
      this.send(500, [], EMPTY);
      return;
    }
    // Node sends no body in answer to HEAD, so no bytes are missing there.
    if (response.req.method !== 'HEAD' && !isBodiless(status)) this.#missingBytes = announcedLength(headers);
    response.writeHead(status, [...headers]);
    response.flushHeaders();
    if (goOn !== undefined) response.on('drain', goOn);
  }

  write(chunk: Uint8Array): boolean {
    const response = this.#response;
    if (response.destroyed || response.writableEnded || this.#isBroken) return false;
    if (chunk.byteLength === 0) return !response.writableNeedDrain;
    if (this.#missingBytes !== undefined) {
      this.#missingBytes -= chunk.byteLength;
      if (this.#missingBytes < 0) {
        this.abandon();
        return false;
      }
    }
    return response.write(chunk);
  }

  end(): void {
    if (this.#missingBytes !== undefined && this.#missingBytes > 0) this.abandon();
    else this.#response.end();
  }

  abandon(): void {
    this.#response.destroy();
  }

  breakOff(): void {
    const response = this.#response;
    // Not the response's own: that has none while it waits behind others.
    const { httpVersion, socket } = response.req;
    this.#isBroken = true;
    while (response.writableCorked > 0) response.uncork();
    // An answer of HTTP/1.0 ends with the connection: only a reset tells a broken one from a whole one.
    if (httpVersion === '1.0' && response.headersSent) socket.resetAndDestroy();
    else socket.destroySoon();
  }
}

const EMPTY = Buffer.alloc(0);
