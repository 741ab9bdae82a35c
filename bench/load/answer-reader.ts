/** An HTTP/1.1 answer. */
export interface Answer {
  readonly status: number;
  /** Status line and headers. */
  readonly head: string;
  readonly body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');
const EMPTY = Buffer.alloc(0);

/**
 * Reads one answer after the other from a connection without pipelining: body by length, in chunks, or none.
 */
export class AnswerReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #head: string | undefined;
  /** Length of the whole answer (bytes); undefined until known. */
  #wanted: number | undefined;
  #bodyAt = 0;

  /** Processes received bytes; returns the answer when they complete it. */
  push(chunk: Buffer): Answer | undefined {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#head === undefined && !this.#readHead()) return undefined;
    if (this.#wanted === undefined ? !this.#endsChunked() : this.#length < this.#wanted) return undefined;
    const head = this.#head ?? '';
    const raw = this.#joined().subarray(this.#bodyAt, this.#wanted);
    const body = this.#wanted === undefined ? unchunked(raw) : raw;
    this.#chunks = [];
    this.#length = 0;
    this.#head = undefined;
    return { status: Number(head.slice(9, 12)), head, body };
  }

  #readHead(): boolean {
    const bytes = this.#joined();
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return false;
    this.#head = bytes.toString('latin1', 0, end);
    this.#bodyAt = end + HEAD_END.length;
    const length = headerOf(this.#head, 'content-length');
    const isChunked = length === undefined && headerOf(this.#head, 'transfer-encoding')?.toLowerCase() === 'chunked';
    this.#wanted = isChunked ? undefined : this.#bodyAt + Number(length ?? 0);
    return true;
  }

  #endsChunked(): boolean {
    const bytes = this.#joined();
    // The last chunk may be the only one: then the line break before it is that of the head.
    return bytes.length >= this.#bodyAt + 5 && bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
  }

  #joined(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? EMPTY;
  }
}

/** A header's value, by its name in lower case; undefined if absent. Pure. */
export function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*?) *\\r?$`, 'im').exec(head)?.[1];
}

/** The bytes of a chunked body without its framing. */
function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
