import { createHash } from 'node:crypto';

/** RFC 4648's, as AWS's ids have. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** With AWS's prefixes of lasting and of temporary keys, an id of 20 characters. */
const PREFIXES = { key: 'AKIALAM', session: 'ASIALAM' } as const;
const CHARS = 13;

/** The access key id of a key or session with an id of lam's. Pure. */
export function accessKeyIdOf(id: string, kind: keyof typeof PREFIXES = 'key'): string {
  const hash = createHash('sha256').update(`${kind}\n${id}`).digest();
  const chars = Array.from(hash.subarray(0, CHARS), (byte) => BASE32.charAt(byte % BASE32.length));
  return `${PREFIXES[kind]}${chars.join('')}`;
}
