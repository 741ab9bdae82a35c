import type { Socket } from 'node:net';
// Not through the room's index: this file is in every bootstrap, which must stay small.
import { LIMITS } from '../contract/limits.ts';

export { HTTP_STREAM, HTTP_STREAM_NULS, PLAIN_STREAM } from '../contract/http-stream.ts';
export type { InvocationContext } from '../contract/index.ts';
export type { InitRequest } from './session.ts';

/**
 * Frame types of the protocol in docs/ARCHITECTURE.md; below 16 they come from the daemon, from 16 on from the sandbox.
 */
export const FRAME = {
  init: 1,
  invoke: 2,
  shutdown: 3,
  recall: 4,
  cache: 5,
  credit: 6,
  cancel: 7,
  hello: 16,
  ready: 17,
  initError: 18,
  result: 19,
  error: 20,
  log: 21,
  unstarted: 22,
  newCache: 23,
  stream: 24,
  chunk: 25,
} as const;

/** Values of the first body byte of a LOG frame. */
export const LOG_STDOUT = 1;
export const LOG_STDERR = 2;

/** Largest event or result (bytes), see `LIMITS.payloadBytes`. */
export const PAYLOAD_LIMIT: number = LIMITS.payloadBytes;
/** Longest text of a LOG frame that the daemon keeps (bytes), see `LIMITS.logRecordBytes`. */
export const LOG_TEXT_LIMIT: number = LIMITS.logRecordBytes;
/** Largest frame: a payload and its meta (bytes). */
export const MAX_FRAME_BYTES: number = LIMITS.payloadBytes + 64 * 1024;
/** Most bytes of a streamed answer that a sandbox sends before the daemon has taken them (CREDIT). */
export const STREAM_WINDOW_BYTES: number = 256 * 1024;
/** Largest piece of a streamed answer in one frame (bytes). */
export const STREAM_PIECE_BYTES: number = 32 * 1024;
/** Largest frame before HELLO has authenticated the sandbox (bytes). */
export const MAX_FIRST_FRAME_BYTES = 4096;
/** Largest start-up cache (bytes); a larger one is neither sent nor accepted. */
export const STARTUP_CACHE_BYTES: number = 16 * 1024 * 1024;
/** Largest part of a start-up cache in one frame (bytes). */
const CACHE_PART_BYTES = 1024 * 1024;
/** Largest meta (bytes); its length is a u16. */
export const MAX_META_BYTES = 0xffff;

/** Size of the length field (bytes). */
const LENGTH_BYTES = 4;
/** Size of the fixed fields that `length` counts: type, request, metaLength (bytes). */
const FIXED_BYTES = 7;
const HEADER_BYTES = LENGTH_BYTES + FIXED_BYTES;
/** Bodies above this size are written with `writev` instead of copied behind the header (bytes). */
const COPY_LIMIT = 32 * 1024;
const EMPTY = Buffer.alloc(0);

/** Meta of HELLO. */
export interface Hello {
  readonly token: string;
  readonly pid: number;
  readonly runtime: string;
}

/**
 * Encodes one frame. The caller ensures that `meta` (JSON text) has at most {@link MAX_META_BYTES} bytes; a string body
 * is written as UTF-8.
 */
export function encodeFrame(type: number, request: number, meta: string, body: Uint8Array | string = EMPTY): Buffer {
  const metaBytes = meta === '' ? 0 : Buffer.byteLength(meta);
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const frame = Buffer.allocUnsafe(HEADER_BYTES + metaBytes + bodyBytes);
  writeHeader(frame, { type, request, meta, metaBytes, bodyBytes });
  const at = HEADER_BYTES + metaBytes;
  if (typeof body === 'string') frame.write(body, at);
  else if (bodyBytes > 0) frame.set(body, at);
  return frame;
}

/** Encodes one LOG frame. `time`: milliseconds since the epoch. */
export function encodeLog(request: number, stream: number, time: number, text: string): Buffer {
  const textBytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + 9 + textBytes);
  writeHeader(frame, { type: FRAME.log, request, meta: '', metaBytes: 0, bodyBytes: 9 + textBytes });
  frame[HEADER_BYTES] = stream;
  frame.writeDoubleBE(time, HEADER_BYTES + 1);
  frame.write(text, HEADER_BYTES + 9);
  return frame;
}

/**
 * Encodes a start-up cache as frames of `type` (`FRAME.cache` or `FRAME.newCache`): its parts in order, each with the
 * total length as meta. No frames for one that is empty or longer than {@link STARTUP_CACHE_BYTES}.
 */
export function encodeCache(type: number, cache: Uint8Array): readonly Buffer[] {
  if (cache.length > STARTUP_CACHE_BYTES) return [];
  const frames: Buffer[] = [];
  for (let at = 0; at < cache.length; at += CACHE_PART_BYTES)
    frames.push(encodeFrame(type, 0, String(cache.length), cache.subarray(at, at + CACHE_PART_BYTES)));
  return frames;
}

/** Reassembles the parts of one start-up cache. */
export class CacheGatherer {
  #whole: Buffer = EMPTY;
  #filled = 0;

  /**
   * Copies the next part; returns the cache once it is complete, undefined before. Drops everything on a part that
   * announces too much or does not fit.
   */
  add(meta: Buffer, part: Uint8Array): Buffer | undefined {
    const length = Number(meta.toString('latin1'));
    const isAllowed = Number.isInteger(length) && length > 0 && length <= STARTUP_CACHE_BYTES;
    if (this.#filled === 0 && isAllowed) this.#whole = Buffer.allocUnsafeSlow(length);
    const whole = this.#whole;
    const end = this.#filled + part.length;
    const fits = isAllowed && whole.length === length && end <= length;
    if (fits) whole.set(part, this.#filled);
    this.#filled = fits && end < length ? end : 0;
    if (this.#filled === 0) this.#whole = EMPTY;
    return fits && end === length ? whole : undefined;
  }
}

/** Writes one frame: small ones in one buffer, large bodies with `writev`, without a copy. */
// oxlint-disable-next-line max-params -- called once per invocation: an options object would be one more allocation
export function writeFrame(
  socket: Socket,
  type: number,
  request: number,
  meta: string,
  body: Uint8Array = EMPTY,
): void {
  if (body.length <= COPY_LIMIT) {
    socket.write(encodeFrame(type, request, meta, body));
    return;
  }
  const metaBytes = Buffer.byteLength(meta);
  const head = Buffer.allocUnsafe(HEADER_BYTES + metaBytes);
  writeHeader(head, { type, request, meta, metaBytes, bodyBytes: body.length });
  socket.cork();
  socket.write(head);
  socket.write(body);
  socket.uncork();
}

interface Header {
  readonly type: number;
  readonly request: number;
  readonly meta: string;
  readonly metaBytes: number;
  readonly bodyBytes: number;
}

function writeHeader(frame: Buffer, h: Header): void {
  frame.writeUInt32BE(FIXED_BYTES + h.metaBytes + h.bodyBytes, 0);
  frame[4] = h.type;
  frame.writeUInt32BE(h.request, 5);
  frame.writeUInt16BE(h.metaBytes, 9);
  if (h.metaBytes > 0) frame.write(h.meta, HEADER_BYTES);
}

/** Receiver of a {@link FrameDecoder}'s frames. */
export interface FrameSink {
  /** `meta` and `body` are views, possibly of the pushed chunk, that the decoder no longer writes to. */
  onFrame(type: number, request: number, meta: Buffer, body: Buffer): void;
  /** The bytes are not frames; the decoder has stopped. Called at most once. */
  onGarbage(what: string): void;
}

/**
 * Splits a byte stream into frames, independent of chunk boundaries. A frame within one chunk is passed on as a view of
 * it; others are gathered in a buffer of their exact size, so each byte is copied at most once and at most one frame is
 * held.
 */
export class FrameDecoder {
  #sink: FrameSink;
  #limit: number;
  readonly #length = Buffer.allocUnsafe(LENGTH_BYTES);
  #lengthFilled = 0;
  #frame: Buffer | undefined;
  #filled = 0;
  #stopped = false;

  /** `limit`: largest value of a frame's length field. */
  constructor(sink: FrameSink, limit: number) {
    this.#sink = sink;
    this.#limit = limit;
  }

  /** Switches to `sink` and `limit` from the next frame on; may be called within `onFrame`. */
  adopt(sink: FrameSink, limit: number): void {
    this.#sink = sink;
    this.#limit = limit;
  }

  /** Drops buffered bytes and ignores further ones. */
  stop(): void {
    this.#stopped = true;
    this.#frame = undefined;
  }

  /** Decodes the next bytes. Throws only what the sink throws. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#frame !== undefined) at = this.#fill(this.#frame, chunk, at);
      else if (this.#lengthFilled === 0 && chunk.length - at >= LENGTH_BYTES)
        at = this.#begin(chunk.readUInt32BE(at), chunk, at + LENGTH_BYTES);
      else at = this.#gatherLength(chunk, at);
    }
  }

  #gatherLength(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + LENGTH_BYTES - this.#lengthFilled);
    chunk.copy(this.#length, this.#lengthFilled, at, end);
    this.#lengthFilled += end - at;
    if (this.#lengthFilled < LENGTH_BYTES) return end;
    this.#lengthFilled = 0;
    return this.#begin(this.#length.readUInt32BE(0), chunk, end);
  }

  #begin(length: number, chunk: Buffer, at: number): number {
    if (length < FIXED_BYTES || length > this.#limit) {
      this.#refuse(`a frame announces ${length} bytes; ${FIXED_BYTES} to ${this.#limit} are allowed`);
      return chunk.length;
    }
    if (chunk.length - at >= length) {
      this.#emit(chunk, at, at + length);
      return at + length;
    }
    this.#frame = Buffer.allocUnsafeSlow(length);
    this.#filled = chunk.copy(this.#frame, 0, at);
    return chunk.length;
  }

  #fill(frame: Buffer, chunk: Buffer, at: number): number {
    const copied = chunk.copy(frame, this.#filled, at);
    this.#filled += copied;
    if (this.#filled === frame.length) {
      this.#frame = undefined;
      this.#emit(frame, 0, frame.length);
    }
    return at + copied;
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    const metaEnd = start + FIXED_BYTES + bytes.readUInt16BE(start + 5);
    if (metaEnd > end) {
      this.#refuse(`a frame of ${end - start} bytes announces ${metaEnd - start - FIXED_BYTES} bytes of meta`);
      return;
    }
    const type = bytes.readUInt8(start);
    // Most frames have no meta, and creating a view would double the cost.
    const meta = metaEnd === start + FIXED_BYTES ? EMPTY : bytes.subarray(start + FIXED_BYTES, metaEnd);
    this.#sink.onFrame(type, bytes.readUInt32BE(start + 1), meta, bytes.subarray(metaEnd, end));
  }

  #refuse(what: string): void {
    this.stop();
    this.#sink.onGarbage(what);
  }
}
