import type { Socket } from 'node:net';
import { readHead, type Head } from './head.ts';
import type { Handler, Service } from './service.ts';

/** A head with its handler. */
export interface KnownHead {
  readonly handler: Handler;
  readonly bodyBytes: number;
  readonly isChunked: boolean;
  /** Length of the head (bytes). */
  readonly bytes: number;
}

/** A remembered head is copied out of reads longer than this, so that it does not keep the read in memory (bytes). */
const COPY_BYTES = 4 * 1024;
const EMPTY = Buffer.alloc(0);

/** Parses the heads of one connection, or recognizes the last one: most clients repeat the same head. */
export class KnownHeads {
  readonly #service: Service;
  readonly #socket: Socket;
  #raw: Buffer = EMPTY;
  #known: KnownHead | undefined;

  constructor(service: Service, socket: Socket) {
    this.#service = service;
    this.#socket = socket;
  }

  /** The head at `at`, with its handler. */
  take(bytes: Buffer, at: number): KnownHead | 'incomplete' | 'declined' {
    const known = this.#known;
    if (known !== undefined) {
      const end = at + known.bytes;
      if (end <= bytes.length && this.#raw.compare(bytes, at, end) === 0 && known.handler.isCurrent()) return known;
    }
    const head = readHead(bytes, at);
    if (typeof head === 'string') return head;
    const handler = this.#handlerFor(head);
    if (handler === undefined) return 'declined';
    const taken = { handler, bodyBytes: head.bodyBytes, isChunked: head.isChunked, bytes: head.bytes };
    if (handler.isOnce !== true) {
      const raw = bytes.subarray(at, at + head.bytes);
      this.#raw = bytes.length > COPY_BYTES ? Buffer.from(raw) : raw;
      this.#known = taken;
    }
    return taken;
  }

  /** Forgets the last head, once another reader has the connection. */
  clear(): void {
    this.#raw = EMPTY;
    this.#known = undefined;
  }

  #handlerFor(head: Head): Handler | undefined {
    return head.isChunked && !mayBeChunked(this.#service) ? undefined : this.#service.handlerFor(head, this.#socket);
  }
}

function mayBeChunked({ mostChunkedBytes = 0 }: Service): boolean {
  return mostChunkedBytes > 0;
}
