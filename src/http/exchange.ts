import { STATUS_CODES } from 'node:http';
import { announcedLength, areValidHeaders, isBodiless, type HeaderPairs } from './headers.ts';
import type { Reply } from './reply.ts';
import type { Outlet, Piece, Turn } from './turn.ts';

/** Framing of a streamed answer: chunks, an announced length, or no body. */
type Framing = 'chunked' | 'length' | 'none';

const EMPTY = Buffer.alloc(0);
const LAST_CHUNK = '0\r\n\r\n';

/** A request of a connection, while it is being answered. */
export class Exchange implements Reply, Turn {
  next: Turn | undefined;
  readonly bodyBytes: number;
  held: Piece[] | undefined;
  isComplete = false;
  isBroken = false;
  readonly #outlet: Outlet;
  #work: { cancel(): void } | undefined;
  /** Set once a streamed answer has begun. */
  #framing: Framing | undefined;
  /** Bytes of an announced length that have not been written. */
  #missingBytes = 0;
  #goOn: (() => void) | undefined;
  #isPaused = false;

  constructor(outlet: Outlet, bodyBytes: number) {
    this.#outlet = outlet;
    this.bodyBytes = bodyBytes;
  }

  get waitingBytes(): number {
    return this.#outlet.waitingBytes(this);
  }

  cancelWhenGone(work: { cancel(): void }): void {
    this.#work = work;
    if (this.#outlet.socket.destroyed) work.cancel();
  }

  send(status: number, headers: HeaderPairs, body: Uint8Array): void {
    if (this.isComplete) return;
    if (this.#framing !== undefined) {
      // Part of the answer was sent: only closing the connection signals the failure.
      this.abandon();
    } else if (!areValidHeaders(headers)) {
      this.send(500, [], EMPTY);
    } else if (isBodiless(status)) {
      this.#finish(headText(status, headers) + this.#outlet.closingLines(), EMPTY);
    } else {
      const length = `content-length: ${body.byteLength}\r\n`;
      this.#finish(headText(status, headers) + length + this.#outlet.closingLines(), body);
    }
  }

  start(status: number, headers: HeaderPairs, goOn?: () => void): void {
    if (this.isComplete || this.#framing !== undefined || !areValidHeaders(headers)) {
      this.send(500, [], EMPTY);
      return;
    }
    this.#goOn = goOn;
    const length = announcedLength(headers);
    this.#framing = isBodiless(status) ? 'none' : length === undefined ? 'chunked' : 'length';
    this.#missingBytes = length ?? 0;
    const framing = this.#framing === 'chunked' ? 'transfer-encoding: chunked\r\n' : '';
    this.#outlet.write(this, headText(status, headers) + framing + this.#outlet.closingLines(), EMPTY);
  }

  write(chunk: Uint8Array): boolean {
    if (this.isComplete || this.#framing === undefined || this.#outlet.socket.destroyed) return false;
    if (chunk.byteLength === 0 || this.#framing === 'none') return !this.#isPaused;
    if (this.#framing === 'chunked') {
      this.#write(`${chunk.byteLength.toString(16)}\r\n`, chunk);
      return this.#write('\r\n', EMPTY);
    }
    this.#missingBytes -= chunk.byteLength;
    if (this.#missingBytes >= 0) return this.#write('', chunk);
    this.abandon();
    return false;
  }

  end(): void {
    if (this.isComplete || this.#framing === undefined) return;
    if (this.#framing === 'length' && this.#missingBytes > 0) this.abandon();
    else this.#finish(this.#framing === 'chunked' ? LAST_CHUNK : '', EMPTY);
  }

  abandon(): void {
    this.#outlet.socket.destroy();
  }

  breakOff(): void {
    if (this.isComplete) return;
    this.isComplete = true;
    this.#outlet.breakOff(this);
  }

  relieved(): void {
    if (!this.#isPaused || this.isComplete) return;
    this.#isPaused = false;
    this.#goOn?.();
  }

  left(): void {
    this.#work?.cancel();
  }

  #write(text: string, body: Uint8Array): boolean {
    const mayGoOn = this.#outlet.write(this, text, body);
    if (!mayGoOn) this.#isPaused = true;
    return mayGoOn;
  }

  #finish(text: string, body: Uint8Array): void {
    this.isComplete = true;
    this.#outlet.finish(this, text, body);
  }
}

/** Status line and headers, which the caller has validated. */
function headText(status: number, headers: HeaderPairs): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return text;
}
