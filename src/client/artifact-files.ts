import type { IncomingMessage } from 'node:http';
import type { Manifest, ManifestEntry } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';

/** An entry of an artifact; the content of a file must be read to its end before the next entry is asked for. */
export interface ArtifactEntry {
  readonly entry: ManifestEntry;
  readonly content: AsyncIterable<Buffer>;
}

const LENGTH_BYTES = 4;

/** Reads an answer of `ARTIFACT_FILES_TYPE`. Rejects with `LAM_CLIENT_CONNECTION_LOST` if it breaks off. */
export async function* entriesIn(incoming: IncomingMessage): AsyncGenerator<ArtifactEntry, void, void> {
  const bytes = new Pieces(incoming);
  const length = (await bytes.whole(LENGTH_BYTES)).readUInt32BE(0);
  const { entries } = JSON.parse(String(await bytes.whole(length))) as Manifest;
  for (const entry of entries) yield { entry, content: bytes.next(entry.kind === 'file' ? entry.size : 0) };
}

/** Takes a stream of bytes apart. */
class Pieces {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async whole(size: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.next(size)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The next `size` bytes. */
  async *next(size: number): AsyncGenerator<Buffer, void, void> {
    for (let missing = size; missing > 0;) {
      if (this.#held.length === 0) this.#held = await this.#more();
      const piece = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(piece.length);
      missing -= piece.length;
      yield piece;
    }
  }

  async #more(): Promise<Buffer> {
    try {
      const next = await this.#source.next();
      if (next.done !== true) return next.value;
    } catch (error) {
      throw lamError('LAM_CLIENT_CONNECTION_LOST', { what: (error as Error).message }, error);
    }
    throw lamError('LAM_CLIENT_CONNECTION_LOST', { what: 'the answer is incomplete' });
  }
}
