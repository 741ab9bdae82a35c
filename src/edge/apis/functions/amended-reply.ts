import type { HeaderPairs, Reply } from '../../../http/index.ts';

/** A reply whose heads are amended, whoever sends them. */
export class AmendedReply implements Reply {
  readonly #reply: Reply;
  readonly #amend: (headers: HeaderPairs, status: number) => HeaderPairs;

  constructor(reply: Reply, amend: (headers: HeaderPairs, status: number) => HeaderPairs) {
    this.#reply = reply;
    this.#amend = amend;
  }

  get waitingBytes(): number {
    return this.#reply.waitingBytes;
  }

  cancelWhenGone(work: { cancel(): void }): void {
    this.#reply.cancelWhenGone(work);
  }

  send(status: number, headers: HeaderPairs, body: Uint8Array): void {
    this.#reply.send(status, this.#amend(headers, status), body);
  }

  start(status: number, headers: HeaderPairs, goOn?: () => void): void {
    this.#reply.start(status, this.#amend(headers, status), goOn);
  }

  write(chunk: Uint8Array): boolean {
    return this.#reply.write(chunk);
  }

  end(): void {
    this.#reply.end();
  }

  abandon(): void {
    this.#reply.abandon();
  }

  breakOff(): void {
    this.#reply.breakOff();
  }
}

/** Adds a word to `Vary`, unless it is there or `Vary` is `*`. Pure. */
export function withVary(headers: HeaderPairs, word: string): HeaderPairs {
  const at = headers.findIndex((text, n) => n % 2 === 0 && text.toLowerCase() === 'vary');
  if (at < 0) return [...headers, 'vary', word];
  const value = headers[at + 1] ?? '';
  const words = value.split(',').map((one) => one.trim().toLowerCase());
  if (words.includes('*') || words.includes(word.toLowerCase())) return headers;
  return headers.with(at + 1, value === '' ? word : `${value}, ${word}`);
}

/** The headers without those whose name, in lower case, is not wanted. Pure. */
export function withoutHeaders(headers: HeaderPairs, isUnwanted: (name: string) => boolean): HeaderPairs {
  return headers.filter((_, n) => !isUnwanted((headers[n - (n % 2)] as string).toLowerCase()));
}
