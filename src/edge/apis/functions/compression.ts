import {
  brotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  gzip,
  type BrotliOptions,
  type ZlibOptions,
} from 'node:zlib';
import { WrappedReply, type HeaderPairs, type Reply } from '../../../http/index.ts';
import { headerValue, type HeaderValues } from '../../request.ts';
import { withoutHeaders, withVary } from './amended-reply.ts';

export type Encoding = 'br' | 'gzip';

/** Shorter bodies are sent as they are (bytes): they fit into one packet anyway. */
const LEAST_BYTES = 1024;
/** High-water mark of the bytes of a stream that wait for their compression. */
const WAITING_BYTES = 64 * 1024;
/** Levels that keep up with a connection rather than save the last percent. */
const BROTLI: BrotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const GZIP: ZlibOptions = { level: 6 };

/** Types that are not compressed already. */
const COMPRESSIBLE =
  /^(?:text\/|application\/(?:json|javascript|xml|graphql|wasm|x-ndjson|vnd\.ms-fontobject|[a-z0-9.+-]+\+(?:json|xml|text))|image\/(?:svg\+xml|bmp|x-icon)|font\/(?:ttf|otf|sfnt))/i;

/**
 * Returns the encoding that a client prefers of those that lam has; of equals, `br`. Undefined if it asks for none
 * (RFC 9110, 12.5.3). Pure.
 */
export function encodingFor(headers: HeaderValues): Encoding | undefined {
  const asked = headerValue(headers, 'accept-encoding');
  if (asked === undefined || asked === '') return undefined;
  const weights = new Map<string, number>();
  for (const part of asked.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const weight = q === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0;
    weights.set(name === 'x-gzip' ? 'gzip' : name, weight);
  }
  const weightOf = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  const [br, gz, plain] = [weightOf('br'), weightOf('gzip'), weights.get('identity') ?? 0];
  const best = br >= gz ? br : gz;
  if (best === 0 || best < plain) return undefined;
  return br >= gz ? 'br' : 'gzip';
}

/** Whether an answer may be compressed for a client that asks for it. */
function isCompressible(status: number, headers: HeaderPairs): boolean {
  if (status < 200 || status === 204 || status === 206 || status === 304) return false;
  let isOfType = false;
  for (let n = 0; n + 1 < headers.length; n += 2) {
    const name = (headers[n] as string).toLowerCase();
    const value = headers[n + 1] as string;
    if (name === 'content-encoding' || name === 'content-range') return false;
    if (name === 'cache-control' && /\bno-transform\b/i.test(value)) return false;
    if (name === 'content-type') isOfType = COMPRESSIBLE.test(value);
  }
  return isOfType;
}

/** Headers of a compressed answer: a strong tag would say that the bytes are those of the plain one. */
function encoded(headers: HeaderPairs, encoding: Encoding): HeaderPairs {
  const kept = withoutHeaders(headers, (name) => name === 'content-length' || name === 'accept-ranges').map(
    (text, n, all) => (n % 2 === 1 && (all[n - 1] as string).toLowerCase() === 'etag' ? weak(text) : text),
  );
  return withVary([...kept, 'content-encoding', encoding], 'Accept-Encoding');
}

function weak(tag: string): string {
  return tag.startsWith('W/') ? tag : `W/${tag}`;
}

/**
 * A reply that compresses what is sent through it, where its type and length are worth that. A stream of unknown length
 * is flushed with each piece, so that nothing of it is held back.
 */
export class CompressedReply extends WrappedReply {
  readonly #encoding: Encoding | undefined;
  /** Set once a compressed stream has begun. */
  #stream: CompressedStream | undefined;

  /** @param encoding that the client asks for; undefined: only `Vary` is added */
  constructor(reply: Reply, encoding: Encoding | undefined) {
    super(reply);
    this.#encoding = encoding;
  }

  override get waitingBytes(): number {
    return this.inner.waitingBytes + (this.#stream?.waitingBytes ?? 0);
  }

  override cancelWhenGone(work: { cancel(): void }): void {
    this.inner.cancelWhenGone({
      cancel: () => {
        this.#stream?.destroy();
        work.cancel();
      },
    });
  }

  override send(status: number, headers: HeaderPairs, body: Uint8Array): void {
    if (body.byteLength < LEAST_BYTES || this.#stream !== undefined || !isCompressible(status, headers)) {
      this.#stream?.destroy();
      this.inner.send(status, headers, body);
      return;
    }
    const plain = (): void => this.inner.send(status, withVary(headers, 'Accept-Encoding'), body);
    const encoding = this.#encoding;
    if (encoding === undefined) {
      plain();
      return;
    }
    const done = (error: Error | null, bytes: Buffer): void => {
      if (error !== null || bytes.length >= body.byteLength) plain();
      else this.inner.send(status, encoded(headers, encoding), bytes);
    };
    if (encoding === 'br') brotliCompress(body, BROTLI, done);
    else gzip(body, GZIP, done);
  }

  override start(status: number, headers: HeaderPairs, goOn?: () => void): void {
    const encoding = this.#encoding;
    if (!isCompressible(status, headers)) this.inner.start(status, headers, goOn);
    else if (encoding === undefined) this.inner.start(status, withVary(headers, 'Accept-Encoding'), goOn);
    else {
      const isOfKnownLength = headers.some((text, n) => n % 2 === 0 && text.toLowerCase() === 'content-length');
      const stream = new CompressedStream(this.inner, encoding, !isOfKnownLength, goOn);
      this.#stream = stream;
      this.inner.start(status, encoded(headers, encoding), () => stream.relieved());
    }
  }

  override write(chunk: Uint8Array): boolean {
    return this.#stream === undefined ? this.inner.write(chunk) : this.#stream.write(chunk);
  }

  override end(): void {
    if (this.#stream === undefined) this.inner.end();
    else this.#stream.end();
  }

  override abandon(): void {
    this.#stream?.destroy();
    this.inner.abandon();
  }

  override breakOff(): void {
    if (this.#stream === undefined) this.inner.breakOff();
    else this.#stream.breakOff();
  }
}

/** The compression of one streamed answer, between its writer and the client. */
class CompressedStream {
  readonly #reply: Reply;
  readonly #zlib: ReturnType<typeof createGzip> | ReturnType<typeof createBrotliCompress>;
  readonly #flushKind: number;
  readonly #flushes: boolean;
  readonly #goOn: (() => void) | undefined;
  #waiting = 0;
  /** The writer was told to pause. */
  #owesGoOn = false;

  // oxlint-disable-next-line max-params -- both ends, and how it compresses
  constructor(reply: Reply, encoding: Encoding, flushes: boolean, goOn: (() => void) | undefined) {
    this.#reply = reply;
    this.#flushKind = encoding === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH;
    this.#flushes = flushes;
    this.#goOn = goOn;
    this.#zlib = encoding === 'br' ? createBrotliCompress(BROTLI) : createGzip(GZIP);
    this.#zlib.on('data', (bytes: Buffer) => {
      if (!reply.write(bytes)) this.#zlib.pause();
    });
    this.#zlib.on('end', () => reply.end());
    this.#zlib.on('error', () => reply.breakOff());
  }

  get waitingBytes(): number {
    return this.#waiting;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#zlib.destroyed) return false;
    this.#waiting += chunk.byteLength;
    this.#zlib.write(chunk, () => this.#taken(chunk.byteLength));
    if (this.#flushes && chunk.byteLength > 0) this.#flush();
    this.#owesGoOn = this.#zlib.isPaused() || this.#waiting >= WAITING_BYTES;
    return !this.#owesGoOn;
  }

  end(): void {
    this.#zlib.end();
  }

  /** Sends what was written, then breaks the connection. */
  breakOff(): void {
    this.#flush(() => {
      this.#reply.breakOff();
      this.destroy();
    });
  }

  destroy(): void {
    this.#zlib.destroy();
  }

  /** The client has taken what was sent. */
  relieved(): void {
    this.#zlib.resume();
    this.#letGoOn();
  }

  #flush(then?: () => void): void {
    this.#zlib.flush(this.#flushKind, then);
  }

  #taken(bytes: number): void {
    this.#waiting -= bytes;
    this.#letGoOn();
  }

  #letGoOn(): void {
    if (!this.#owesGoOn || this.#zlib.isPaused() || this.#waiting >= WAITING_BYTES) return;
    this.#owesGoOn = false;
    this.#goOn?.();
  }
}
