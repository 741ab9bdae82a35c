import type { Socket } from 'node:net';
import type { MonotonicMs } from '../../kit/index.ts';
import { Pace, TOO_SLOW } from '../pace.ts';
import { Exchange } from './exchange.ts';
import { Gathering } from './gathering.ts';
import { readHead } from './head.ts';
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
/** Bodies up to this length are written together with their head (bytes). */
const TOGETHER_BYTES = 16 * 1024;
/** A remembered head is copied out of reads longer than this, so that it does not keep the read in memory (bytes). */
const COPY_BYTES = 4 * 1024;
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
  /** The last head as bytes, with its handler: most clients repeat the same head. */
  #head: Buffer = EMPTY;
  #handler: Handler | undefined;
  #bodyBytes = 0;
  /** The body being received. */
  #gathering: Gathering | undefined;
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

  constructor(socket: Socket, owner: Owner) {
    this.socket = socket;
    this.#owner = owner;
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

  /** Called at each sweep of the server. Times out a head or body that waits only for the client. */
  swept(now: MonotonicMs): void {
    this.sweepsIdle++;
    if (!this.#isAmidRequest || this.#open > 0 || this.#isHeldBack || this.#isLeaving) {
      this.#pace = undefined;
      return;
    }
    const { socket } = this;
    if (this.#pace === undefined || this.#pacedPart !== this.#parts) {
      this.#pace = new Pace(now, socket.bytesRead);
      this.#pacedPart = this.#parts;
    } else if (this.#held === undefined ? this.#pace.isSlowBody(now, socket.bytesRead) : this.#pace.isLateHead(now)) {
      socket.write(TOO_SLOW);
      socket.destroy();
    }
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

  /** Called when the first turn is complete: writes the answers queued behind it, up to the first incomplete one. */
  #advance(turn: Turn): void {
    let first: Turn | undefined = turn;
    while (first?.isComplete === true) {
      this.#open--;
      first = this.#unlink(first);
      for (const { text, body } of first?.held ?? []) this.#put(text, body);
      if (first !== undefined) first.held = undefined;
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
    if (held === undefined) this.#take(chunk, false);
    else this.#take(Buffer.concat([held, chunk]), true);
  };

  /** @param isSecondTry the first bytes were parsed before and were incomplete */
  #take(bytes: Buffer, isSecondTry: boolean): void {
    this.#isTaking = true;
    let at = 0;
    while (at < bytes.length && !this.#isLeaving && !this.socket.destroyed) {
      if (this.#skipBytes > 0) {
        const end = Math.min(bytes.length, at + this.#skipBytes);
        this.#skipBytes -= end - at;
        at = end;
      } else if (this.#gathering !== undefined) {
        at = this.#gather(this.#gathering, bytes, at);
      } else if (this.#open >= MOST_OPEN || this.socket.writableNeedDrain) {
        this.#holdBack(bytes.subarray(at));
        break;
      } else {
        const body = this.#takeHead(bytes, at);
        if (body === 'declined' || (body === 'incomplete' && at === 0 && isSecondTry)) {
          this.#leave(bytes.subarray(at));
        } else if (body === 'incomplete') {
          this.#held = bytes.subarray(at);
          this.#parts++;
          break;
        } else {
          at = this.#takeBody(bytes, body);
        }
      }
    }
    this.#isTaking = false;
  }

  /** Parses a head, or recognizes the last one; returns where its body begins. */
  #takeHead(bytes: Buffer, at: number): number | 'incomplete' | 'declined' {
    const known = this.#head;
    const end = at + known.length;
    if (
      known.length > 0 &&
      end <= bytes.length &&
      known.compare(bytes, at, end) === 0 &&
      this.#handler?.isCurrent() === true
    )
      return end;
    const head = readHead(bytes, at);
    if (typeof head === 'string') return head;
    this.#handler = this.#owner.service.handlerFor(head, this.socket);
    if (this.#handler === undefined) return 'declined';
    const raw = bytes.subarray(at, at + head.bytes);
    this.#head = bytes.length > COPY_BYTES ? Buffer.from(raw) : raw;
    this.#bodyBytes = head.bodyBytes;
    return at + head.bytes;
  }

  /** Serves the request if it is authorized and its body complete; returns where parsing continues. */
  #takeBody(bytes: Buffer, at: number): number {
    const refuse = this.#handler?.refusal();
    if (refuse !== undefined) {
      this.#skipBytes = this.#bodyBytes;
      this.#parts++;
      refuse(this.#enqueue());
      return at;
    }
    const end = at + this.#bodyBytes;
    if (end <= bytes.length) this.#serve(this.#bodyBytes === 0 ? EMPTY : bytes.subarray(at, end));
    else {
      this.#gathering = new Gathering(this.#bodyBytes);
      this.#parts++;
    }
    return end <= bytes.length ? end : at;
  }

  #gather(gathering: Gathering, bytes: Buffer, at: number): number {
    const end = gathering.add(bytes, at);
    const { whole } = gathering;
    if (whole !== undefined) {
      this.#gathering = undefined;
      this.#owner.bodyPassed(whole.length);
      this.#serve(whole);
    }
    return end;
  }

  #serve(body: Buffer): void {
    this.#handler?.serve(body, this.#enqueue());
  }

  #enqueue(): Exchange {
    const exchange = new Exchange(this);
    if (this.#last === undefined) this.#first = exchange;
    else this.#last.next = exchange;
    this.#last = exchange;
    this.#open++;
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
    if (!this.#isHeldBack || this.#isTaking || this.#open >= MOST_OPEN || this.socket.writableNeedDrain) return;
    const held = this.#held ?? EMPTY;
    this.#held = undefined;
    this.#isHeldBack = false;
    this.#take(held, false);
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
    this.#head = EMPTY;
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
