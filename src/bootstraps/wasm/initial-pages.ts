/** Id of the section of a module that lists its memories. */
const MEMORIES = 5;
/** Bits of a memory's flags: a maximum follows; an exponent of the page size follows. */
const HAS_MAXIMUM = 1;
const HAS_PAGE_SIZE = 8;

/** Returns how many pages a module's memories have before it runs. `module`: bytes that the engine has accepted. */
export function initialPages(module: Uint8Array): number {
  const reader = new Reader(module, 8);
  while (!reader.isAtEnd) {
    const id = reader.number();
    const length = reader.number();
    if (id === MEMORIES) return pagesOf(reader);
    reader.skip(length);
  }
  return 0;
}

function pagesOf(reader: Reader): number {
  let pages = 0;
  for (let left = reader.number(); left > 0; left -= 1) {
    const flags = reader.number();
    pages += reader.number();
    if ((flags & HAS_MAXIMUM) !== 0) reader.number();
    if ((flags & HAS_PAGE_SIZE) !== 0) reader.number();
  }
  return pages;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  skip(length: number): void {
    this.#at += length;
  }

  /** Reads an unsigned LEB128; without shifts, which are of 32 bits. */
  number(): number {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 127) * weight;
      if (byte < 128) return value;
    }
  }
}
