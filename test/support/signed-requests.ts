import assert from 'node:assert/strict';
import type { CreateApiKeyAnswer } from '../../src/contract/index.ts';
import type { Answer, EdgeHouse } from './edge-house.ts';
import { presignedHead, signedHead, type PlainRequest } from './sigv4.ts';

/** With what a request is signed. */
interface KeyCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** How a request is signed, and what of it is changed afterwards. */
interface SignedOptions {
  readonly service?: string;
  readonly checksum?: boolean;
  /** When it is signed (milliseconds since the epoch). */
  readonly at?: number;
  /** Presigns for so many seconds, in the query. */
  readonly expiresIn?: number;
  /** Is sent in place of the body that was signed. */
  readonly sends?: string;
}

/** The credentials of a key that was made to sign. */
export function credentialsOf({ accessKeyId, secretAccessKey }: CreateApiKeyAnswer): KeyCredentials {
  assert.ok(accessKeyId !== null && secretAccessKey !== null);
  return { accessKeyId, secretAccessKey };
}

/** Sends a request to the HTTP port of a house that AWS's own code signed. */
// oxlint-disable-next-line max-params -- where, what, with what, and how
export async function askSigned(
  house: Pick<EdgeHouse, 'ask'>,
  request: Omit<PlainRequest, 'method'> & { readonly method?: string },
  { secretAccessKey: secret, ...whose }: KeyCredentials,
  { expiresIn, sends, ...how }: SignedOptions = {},
): Promise<Answer> {
  const plain = { method: 'GET', ...request, headers: { host: 'localhost', ...request.headers } };
  const signing = { ...whose, secret, ...how };
  const head = await (expiresIn === undefined
    ? signedHead(plain, signing)
    : presignedHead(plain, { ...signing, expiresIn }));
  const { method, path, query, headers } = head;
  const body = sends ?? request.body;
  const target = query === '' ? path : `${path}?${query}`;
  return house.ask(target, { method, headers, ...(body === undefined ? {} : { body }) });
}
