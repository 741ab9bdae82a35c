import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** Pieces of a stream of bytes. */
export type Pieces = AsyncIterable<Uint8Array>;

const MAGIC_BYTES = 4;
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** The content of a stream that may be packed by gzip or zstd, which its first bytes say. Throws the errors of zlib. */
export async function* unpacked(source: Pieces): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < MAGIC_BYTES) {
    const next = await pieces.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = following(head, pieces);
  const decoder = decoderOf(head);
  if (decoder === undefined) {
    yield* all;
    return;
  }
  // Who reads the decoder learns of its errors and of those of the source.
  pipeline(Readable.from(all), decoder).catch(() => undefined);
  yield* decoder as Pieces;
}

function decoderOf(
  head: Buffer,
): ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress> | undefined {
  if (head.subarray(0, GZIP.length).equals(GZIP)) return createGunzip();
  return head.subarray(0, ZSTD.length).equals(ZSTD) ? createZstdDecompress() : undefined;
}

async function* following(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let piece = await rest.next(); piece.done !== true; piece = await rest.next()) yield piece.value;
}

/** Passes a stream on, and calls `onPiece` with each piece before. Throws what `onPiece` throws. */
export async function* watched(source: Pieces, onPiece: (piece: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    onPiece(piece);
    yield piece;
  }
}
