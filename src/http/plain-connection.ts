import type { Socket } from 'node:net';
import type { MonotonicMs } from '../kit/index.ts';
import { Pace, TOO_SLOW } from './pace.ts';
import { Exchange } from './exchange.ts';
import { Gathering } from './gathering.ts';
import { readChunks } from './chunks.ts';
import { KnownHeads, type KnownHead } from './known-heads.ts';
import type { Handler, Service } from './service.ts';
import type { Outlet, Turn } from './turn.ts';

/** Callbacks of a connection into its server. */
export interface Owner {
  readonly service: Service;
  /** Header lines that end the head of every answer. */
  closingLines(): string;
  /** Called with the length of a body that was collected from pieces or written apart from its head (bytes). */
  bodyPassed(bytes: number): void;
  /** Hands the connection to `node:http` for good; bytes that were read but not served have been put back. */
  handOver(connection: PlainConnection): void;
  /** Called when the connection is closed. */
  forget(connection: PlainConnection): void;
}

/** Most requests of one connection in flight. */
const MOST_OPEN = 16;
/** Length of their bodies together from which on no further one is read (bytes). */
const MOST_OPEN_BYTES = 1024 * 1024;
/** Bodies up to this length are written together with their head (bytes). */
const TOGETHER_BYTES = 16 * 1024;
/** Most reads over which a request with a body in chunks may be spread: it is parsed again with each. */
const MOST_TRIES = 8;
/** High-water mark of an answer queued behind others (bytes). */
const HELD_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);
/** As `node:http` answers malformed requests. */
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';

/**
 * One client connection. Reads plain requests and writes their answers in order. From the first byte that is not plain,
 * `node:http` takes over the connection, once everything before is answered: only what `node:http` accepts is served
 * here, and only `node:http` answers malformed requests.
 */
export class PlainConnection implements Outlet {
  readonly socket: Socket;
  /** Sweeps of the server since the last activity. */
  sweepsIdle = 0;
  readonly #owner: Owner;
  readonly #heads: KnownHeads;
  /** The head whose body in chunks is incomplete; it begins the bytes that are held. */
  #awaiting: KnownHead | undefined;
  /** The body of known length being received, and who serves it. */
  #gathering: { readonly body: Gathering; readonly handler: Handler } | undefined;
  /** Reads that have left the same request incomplete. */
  #tries = 0;
  /** Rest of a refused request's body, to be skipped (bytes). */
  #skipBytes = 0;
  /** Bytes read but not parsed: an incomplete head, or everything while the connection is held back. */
  #held: Buffer | undefined;
  #isHeldBack = false;
  /** Number of heads and bodies so far that did not arrive in one read. */
  #parts = 0;
  /** Pace of the part with that number, once a sweep has found it incomplete. */
  #pace: Pace | undefined;
  #pacedPart = 0;
  /** `node:http` takes over once everything is answered. */
  #isLeaving = false;
  #isTaking = false;
  #isCorked = false;
  /** The oldest unanswered request, the newest, and how many there are. */
  #first: Turn | undefined;
  #last: Turn | undefined;
  #open = 0;
  /** Length of the bodies of unanswered requests (bytes). */
  #openBytes = 0;

  constructor(socket: Socket, owner: Owner) {
    this.socket = socket;
    this.#owner = owner;
    this.#heads = new KnownHeads(owner.service, socket);
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  /** Whether every request is answered completely and no part of another has arrived. */
  get isIdle(): boolean {
    return this.#open === 0 && !this.#isAmidRequest && !this.#isLeaving && this.socket.writableLength === 0;
  }

  /** Called at each sweep of a server that limits the pace. Times out a head or body that waits only for the client. */
  checkPace(now: MonotonicMs): void {
    if (!this.#isAmidRequest || this.#open > 0 || this.#isHeldBack || this.#isLeaving) {
      this.#pace = undefined;
      return;
    }
    const { socket } = this;
    if (this.#pace === undefined || this.#pacedPart !== this.#parts) {
      this.#pace = new Pace(now, socket.bytesRead);
      this.#pacedPart = this.#parts;
    } else if (
      this.#held === undefined || this.#awaiting !== undefined
        ? this.#pace.isSlowBody(now, socket.bytesRead)
        : this.#pace.isLateHead(now)
    ) {
      socket.write(TOO_SLOW);
      socket.destroy();
    }
  }

  /** Whether the client has to wait for answers, or to take them, before more of it is read. */
  get #isFull(): boolean {
    return this.#open >= MOST_OPEN || this.#openBytes >= MOST_OPEN_BYTES || this.socket.writableNeedDrain;
  }

  /** Whether part of a request has arrived. */
  get #isAmidRequest(): boolean {
    return this.#held !== undefined || this.#gathering !== undefined || this.#skipBytes > 0;
  }

  closingLines(): string {
    return this.#owner.closingLines();
  }

  waitingBytes(turn: Turn): number {
    return turn === this.#first ? this.socket.writableLength : heldBytes(turn);
  }

  write(turn: Turn, text: string, body: Uint8Array): boolean {
    if (!this.socket.writable) return false;
    if (turn !== this.#first) {
      (turn.held ??= []).push({ text, body });
      return heldBytes(turn) < HELD_BYTES;
    }
    this.#cork();
    this.#put(text, body);
    return !this.socket.writableNeedDrain;
  }

  finish(turn: Turn, text: string, body: Uint8Array): void {
    if (!this.socket.writable) return;
    if (turn !== this.#first) {
      (turn.held ??= []).push({ text, body });
      return;
    }
    if (this.#open > 1) this.#cork();
    this.#put(text, body);
    this.#advance(turn);
  }

  breakOff(turn: Turn): void {
    if (turn === this.#first) this.socket.destroySoon();
    else turn.isBroken = true;
  }

  /** Called when the first turn is complete: writes the answers queued behind it, up to the first incomplete one. */
  #advance(turn: Turn): void {
    let first: Turn | undefined = turn;
    while (first?.isComplete === true) {
      this.#open--;
      this.#openBytes -= first.bodyBytes;
      first = this.#unlink(first);
      for (const { text, body } of first?.held ?? []) this.#put(text, body);
      if (first !== undefined) first.held = undefined;
      if (first?.isBroken === true) {
        this.socket.destroySoon();
        return;
      }
    }
    if (first !== undefined && !this.socket.writableNeedDrain) first.relieved();
    this.#goOn();
  }

  /** Removes the first turn, so that the list keeps no reference to it; returns the next one. */
  #unlink(turn: Turn): Turn | undefined {
    const { next } = turn;
    turn.next = undefined;
    this.#first = next;
    if (next === undefined) this.#last = undefined;
    return next;
  }

  readonly #onData = (chunk: Buffer): void => {
    this.sweepsIdle = 0;
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) this.#take(chunk);
    else this.#take(Buffer.concat([held, chunk]));
  };

  #take(bytes: Buffer): void {
    this.#isTaking = true;
    let at = 0;
    while (at < bytes.length && !this.#isLeaving && !this.socket.destroyed) {
      if (this.#skipBytes > 0) {
        const end = Math.min(bytes.length, at + this.#skipBytes);
        this.#skipBytes -= end - at;
        at = end;
      } else if (this.#gathering !== undefined) {
        at = this.#gather(this.#gathering, bytes, at);
      } else if (this.#isFull) {
        this.#holdBack(bytes.subarray(at));
        break;
      } else {
        const end = this.#takeRequest(bytes, at);
        if (end === 'declined' || (end === 'incomplete' && this.#isTooLong(bytes.length - at))) {
          this.#leave(bytes.subarray(at));
        } else if (end === 'incomplete') {
          this.#held = bytes.subarray(at);
          this.#tries++;
          this.#parts++;
          break;
        } else {
          this.#tries = 0;
          at = end;
        }
      }
    }
    this.#isTaking = false;
  }

  /** Whether `node:http` is to read an incomplete request of which so much has arrived (bytes). */
  #isTooLong(bytes: number): boolean {
    if (this.#awaiting === undefined) return this.#tries > 0;
    return this.#tries >= MOST_TRIES || bytes > (this.#owner.service.mostChunkedBytes ?? 0);
  }

  /** Serves the request that begins at `at`; returns where parsing continues. */
  #takeRequest(bytes: Buffer, at: number): number | 'incomplete' | 'declined' {
    const head = this.#awaiting ?? this.#heads.take(bytes, at);
    if (typeof head === 'string') return head;
    if (!head.isChunked) return this.#takeBody(head, bytes, at + head.bytes);
    const chunked = readChunks(bytes, at + head.bytes);
    this.#awaiting = chunked === 'incomplete' ? head : undefined;
    if (typeof chunked === 'string') return chunked;
    const refuse = head.handler.refusal();
    if (refuse === undefined)
      head.handler.serve(chunked.body, this.#enqueue(chunked.body.byteLength), chunked.trailers);
    else refuse(this.#enqueue(0));
    return at + head.bytes + chunked.bytes;
  }

  /** Serves the request if it is authorized and its body complete; returns where parsing continues. */
  #takeBody({ handler, bodyBytes }: KnownHead, bytes: Buffer, at: number): number {
    const refuse = handler.refusal();
    if (refuse !== undefined) {
      this.#skipBytes = bodyBytes;
      this.#parts++;
      refuse(this.#enqueue(0));
      return at;
    }
    const end = at + bodyBytes;
    if (end <= bytes.length) {
      handler.serve(bodyBytes === 0 ? EMPTY : bytes.subarray(at, end), this.#enqueue(bodyBytes), undefined);
      return end;
    }
    this.#gathering = { body: new Gathering(bodyBytes), handler };
    this.#parts++;
    return at;
  }

  #gather({ body, handler }: { body: Gathering; handler: Handler }, bytes: Buffer, at: number): number {
    const end = body.add(bytes, at);
    const { whole } = body;
    if (whole !== undefined) {
      this.#gathering = undefined;
      this.#owner.bodyPassed(whole.length);
      handler.serve(whole, this.#enqueue(whole.length), undefined);
    }
    return end;
  }

  #enqueue(bodyBytes: number): Exchange {
    const exchange = new Exchange(this, bodyBytes);
    if (this.#last === undefined) this.#first = exchange;
    else this.#last.next = exchange;
    this.#last = exchange;
    this.#open++;
    this.#openBytes += bodyBytes;
    return exchange;
  }

  /** Collects the writes of one turn of the event loop into one system call. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.socket.cork();
    process.nextTick(this.#uncork);
  }

  #put(text: string, body: Uint8Array): void {
    const { socket } = this;
    if (body.byteLength === 0) {
      if (text !== '') socket.write(text, 'latin1');
    } else if (body.byteLength <= TOGETHER_BYTES) {
      // As latin1 text the body is written in one piece with the head.
      socket.write(text + Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'latin1');
    } else {
      socket.cork();
      if (text !== '') socket.write(text, 'latin1');
      socket.write(body);
      socket.uncork();
      this.#owner.bodyPassed(body.byteLength);
    }
  }

  readonly #uncork = (): void => {
    this.#isCorked = false;
    this.socket.uncork();
  };

  #holdBack(rest: Buffer): void {
    this.#held = rest;
    this.#isHeldBack = true;
    this.socket.pause();
  }

  readonly #onDrain = (): void => {
    this.#first?.relieved();
    this.#goOn();
  };

  /** Continues paused reading or the pending handover, once answers have been sent. */
  readonly #goOn = (): void => {
    this.sweepsIdle = 0;
    if (this.#isLeaving) {
      if (this.#open === 0) this.#handOver();
      return;
    }
    if (!this.#isHeldBack || this.#isTaking || this.#isFull) return;
    const held = this.#held ?? EMPTY;
    this.#held = undefined;
    this.#isHeldBack = false;
    this.#take(held);
    if (!this.#isHeldBack && !this.#isLeaving) this.socket.resume();
  };

  #leave(rest: Buffer): void {
    this.#isLeaving = true;
    this.#held = rest;
    this.socket.pause();
    if (this.#open === 0) this.#handOver();
  }

  #handOver(): void {
    const { socket } = this;
    if (socket.destroyed) return;
    if (this.#isCorked) this.#uncork();
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    const held = this.#held ?? EMPTY;
    this.#held = undefined;
    this.#heads.clear();
    this.#awaiting = undefined;
    if (held.length > 0) socket.unshift(held);
    this.#owner.handOver(this);
  }

  /** The client has ended its side; like `node:http`, answers nothing after that. */
  readonly #onEnd = (): void => {
    const { socket } = this;
    if (!this.#isAmidRequest) {
      socket.end();
    } else {
      if (this.#open === 0 && this.#skipBytes === 0) socket.write(BAD_REQUEST);
      socket.destroy();
    }
  };

  readonly #onError = (): void => {
    // 'close' follows and cleans up.
  };

  readonly #onClose = (): void => {
    this.#owner.forget(this);
    for (let one = this.#first; one !== undefined; one = one.next) one.left();
  };
}

function heldBytes({ held }: Turn): number {
  let bytes = 0;
  for (const piece of held ?? []) bytes += piece.text.length + piece.body.byteLength;
  return bytes;
}
