import { EMPTY_HASH, hmac, scopeText, sha256 } from './signing.ts';
import type { SignatureParts } from './parse.ts';

const LINE_END = '\r\n';
/** Longest line before a chunk (bytes). */
const MOST_LINE = 200;
const HEAD = /^([0-9a-fA-F]{1,8});chunk-signature=([0-9a-f]{64})$/;

/**
 * Reads a body of signed chunks (`aws-chunked`): each is `LENGTH;chunk-signature=SIGNATURE`, a line end, its bytes and a
 * line end; the last one is empty. Returns the bytes; undefined where a chunk is malformed, missing or not signed after
 * the one before it. Pure.
 */
export function readSignedChunks(body: Uint8Array, parts: SignatureParts, key: Buffer): Uint8Array | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const pieces: Uint8Array[] = [];
  const prefix = `AWS4-HMAC-SHA256-PAYLOAD\n${parts.signedAt}\n${scopeText(parts)}\n`;
  let { signature } = parts;
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf(LINE_END, at, 'latin1');
    if (lineEnd < 0 || lineEnd - at > MOST_LINE) return undefined;
    const [, size = '', signed = ''] = HEAD.exec(bytes.toString('latin1', at, lineEnd)) ?? [];
    const from = lineEnd + LINE_END.length;
    const to = from + Number.parseInt(size, 16);
    // Also false for a length that is no number.
    if (!(to + LINE_END.length <= bytes.length) || bytes.toString('latin1', to, to + 2) !== LINE_END) return undefined;
    const piece = bytes.subarray(from, to);
    const wanted = hmac(key, `${prefix}${signature}\n${EMPTY_HASH}\n${sha256(piece)}`).toString('hex');
    if (wanted !== signed) return undefined;
    signature = signed;
    at = to + LINE_END.length;
    if (piece.length === 0) return at === bytes.length ? Buffer.concat(pieces) : undefined;
    pieces.push(piece);
  }
}
