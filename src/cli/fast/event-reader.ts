/** One event of an answer to InvokeWithResponseStream. */
export interface InvokeEvent {
  /** One of `INVOKE_EVENTS`. */
  readonly type: string;
  readonly payload: Buffer;
}

/** Bytes of the two lengths and their checksum, and of the checksum at the end. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
const TYPE = ':event-type';

/**
 * Reads messages of AWS's event-stream format whose headers are text. Leaves the checksums alone: the messages come
 * through a socket of this machine.
 */
export class EventReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Adds bytes; yields the messages that they complete. */
  *push(bytes: Buffer): Generator<InvokeEvent, void> {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= PRELUDE_BYTES) {
      const length = this.#rest.readUInt32BE(0);
      if (this.#rest.length < length) return;
      const end = PRELUDE_BYTES + this.#rest.readUInt32BE(4);
      const type = typeIn(this.#rest.subarray(PRELUDE_BYTES, end));
      const payload = this.#rest.subarray(end, length - CHECKSUM_BYTES);
      this.#rest = this.#rest.subarray(length);
      yield { type, payload };
    }
  }
}

/** A header is the length of its name, its name, its type, the length of its value, and its value. */
function typeIn(headers: Buffer): string {
  for (let at = 0; at < headers.length;) {
    const nameEnd = at + 1 + headers.readUInt8(at);
    const valueEnd = nameEnd + 3 + headers.readUInt16BE(nameEnd + 1);
    if (headers.toString('latin1', at + 1, nameEnd) === TYPE) return headers.toString('latin1', nameEnd + 3, valueEnd);
    at = valueEnd;
  }
  return '';
}
