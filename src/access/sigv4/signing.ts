import { createHmac, hash } from 'node:crypto';
import { Lru } from '../../kit/index.ts';
import type { SignatureParts } from './parse.ts';

/** Signing keys that are kept: a client uses one for a day. */
const MOST_KEYS = 1000;

/** Derives signing keys, and keeps them: deriving one costs more than all else of a check. */
export class SigningKeys {
  readonly #kept = new Lru<Buffer>(MOST_KEYS, () => 1);

  /** The key for a day, region and service. */
  of({ accessKeyId, date, region, service }: SignatureParts, secretAccessKey: string): Buffer {
    const name = `${accessKeyId}/${secretAccessKey}/${scopeText({ date, region, service })}`;
    const kept = this.#kept.get(name);
    if (kept !== undefined) return kept;
    let key = hmac(`AWS4${secretAccessKey}`, date);
    for (const part of [region, service, 'aws4_request']) key = hmac(key, part);
    this.#kept.set(name, key);
    return key;
  }
}

/** What a signature counts for, as it is signed. Pure. */
export function scopeText({ date, region, service }: Pick<SignatureParts, 'date' | 'region' | 'service'>): string {
  return `${date}/${region}/${service}/aws4_request`;
}

export function hmac(key: Uint8Array | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** SHA-256 in hexadecimal digits. */
export function sha256(data: Uint8Array | string): string {
  return hash('sha256', data);
}

export const EMPTY_HASH: string = sha256('');
