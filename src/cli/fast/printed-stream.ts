import type { BodyTaker } from '../../client/raw-http.ts';
import { INVOKE, INVOKE_EVENTS, type InvokeEnd } from '../../contract/invoke-api.ts';
import { EventReader } from './event-reader.ts';
import { writeAll } from './write.ts';

/** Prints a streamed answer on stdout while it arrives. */
export class PrintedStream implements BodyTaker {
  readonly #events: EventReader = new EventReader();
  #bytes = 0;
  #isTaken = false;
  #isReaderGone = false;
  #end: InvokeEnd | undefined;

  wants(headers: Readonly<Record<string, string>>): boolean {
    this.#isTaken = headers['content-type'] === INVOKE.events;
    return this.#isTaken;
  }

  /** Throws as {@link writeAll} does. */
  piece(bytes: Buffer): boolean {
    for (const { type, payload } of this.#events.push(bytes)) {
      if (type === INVOKE_EVENTS.end) this.#end = JSON.parse(payload.toString()) as InvokeEnd;
      if (type !== INVOKE_EVENTS.piece) continue;
      this.#bytes += payload.length;
      this.#isReaderGone = !writeAll(1, payload);
      if (this.#isReaderGone) return false;
    }
    return true;
  }

  /** Whether the answer was streamed. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Whether the reader of stdout closed it before the end. */
  get isReaderGone(): boolean {
    return this.#isReaderGone;
  }

  /** Bytes of the payload that were printed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How the invocation ended; undefined before that. */
  get end(): InvokeEnd | undefined {
    return this.#end;
  }
}
