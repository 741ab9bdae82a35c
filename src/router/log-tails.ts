import type { PlatformRecord, RequestId, VersionNumber } from '../contract/index.ts';
import { platformText } from '../logs/index.ts';

/** AWS gives the last 4 KB of an invocation's log. */
const TAIL_BYTES = 4096;
/** Bytes of a UTF-16 code unit in UTF-8, at most. */
const MOST_UTF8 = 3;

/** Collects the log tails of invocations whose callers requested them. */
export class LogTails {
  readonly #open: Map<RequestId | '', string> = new Map();

  /** Whether any tail is open: false keeps the hot path short. */
  get active(): boolean {
    return this.#open.size > 0;
  }

  open(requestId: RequestId): void {
    this.#open.set(requestId, '');
  }

  add(requestId: RequestId | '', text: string): void {
    const tail = this.#open.get(requestId);
    if (tail === undefined) return;
    // Trimmed only at twice the length, so that a long log costs one copy per 4 KB and not one per line.
    const kept = tail.length > 2 * TAIL_BYTES ? tail.slice(-TAIL_BYTES) : tail;
    this.#open.set(requestId, `${kept}${text.slice(-TAIL_BYTES)}\n`);
  }

  addPlatform(requestId: RequestId, record: PlatformRecord, version: VersionNumber): void {
    if (this.#open.has(requestId)) this.add(requestId, platformText(record, requestId, version));
  }

  /** Returns at most the last 4 KB, cut at a character. */
  read(requestId: RequestId): string | undefined {
    const tail = this.#open.get(requestId);
    if (tail === undefined || MOST_UTF8 * tail.length <= TAIL_BYTES) return tail;
    const bytes = Buffer.from(tail);
    let start = Math.max(0, bytes.length - TAIL_BYTES);
    // UTF-8 continuation bytes are 10xxxxxx.
    while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
    return bytes.toString('utf8', start);
  }

  close(requestId: RequestId): void {
    this.#open.delete(requestId);
  }
}
