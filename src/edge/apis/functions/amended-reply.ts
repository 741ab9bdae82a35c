import { WrappedReply, type HeaderPairs, type Reply } from '../../../http/index.ts';

/** A reply whose heads are amended, whoever sends them. */
export class AmendedReply extends WrappedReply {
  readonly #amend: (headers: HeaderPairs, status: number) => HeaderPairs;

  constructor(reply: Reply, amend: (headers: HeaderPairs, status: number) => HeaderPairs) {
    super(reply);
    this.#amend = amend;
  }

  override send(status: number, headers: HeaderPairs, body: Uint8Array): void {
    super.send(status, this.#amend(headers, status), body);
  }

  override start(status: number, headers: HeaderPairs, goOn?: () => void): void {
    super.start(status, this.#amend(headers, status), goOn);
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
