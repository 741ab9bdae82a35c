import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { SignatureVerifier, type KeyRing } from '../../src/access/index.ts';
import { isApiKeyName, type ApiKeyDetail } from '../../src/contract/index.ts';

/** Secret of every access key id in tests. */
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
export const KEY_ID = 'AKIAIOSFODNN7EXAMPLE';

/** A request as AWS's client takes it. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** A request as lam's verifier is given it. */
export interface SignedHead {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rawHeaders: readonly string[];
}

interface Signing {
  readonly at?: number;
  readonly service?: string;
  readonly sessionToken?: string;
  readonly secret?: string;
  readonly accessKeyId?: string;
  /** Adds `X-Amz-Content-Sha256`, as most clients do. */
  readonly checksum?: boolean;
}

/** Node's hash as AWS's client wants one. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: Uint8Array | string) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }

  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    throw new Error('not used');
  }
}

/** AWS's own implementation of signatures, the oracle of tests. */
export function signer({
  service = 'lambda',
  sessionToken,
  secret = SECRET,
  accessKeyId = KEY_ID,
  checksum = true,
}: Signing = {}): SignatureV4 {
  return new SignatureV4({
    credentials: {
      accessKeyId,
      secretAccessKey: secret,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
    region: 'us-east-1',
    service,
    sha256: Sha256 as never,
    applyChecksum: checksum,
  });
}

type HttpRequest = Parameters<SignatureV4['presign']>[0];

function httpRequest({ method, path, query = {}, headers = {}, body }: PlainRequest): HttpRequest {
  const all = { host: 'localhost:8000', ...headers };
  const where = { protocol: 'http:', hostname: 'localhost' };
  return { ...where, method, path, query: { ...query }, headers: all, body };
}

/** Signs a request in its headers. */
export async function signedHead(request: PlainRequest, signing: Signing = {}): Promise<SignedHead> {
  const at = new Date(signing.at ?? Date.now());
  return headOf(await signer(signing).sign(httpRequest(request), { signingDate: at }));
}

/** Signs a request in its query. */
export async function presignedHead(
  request: PlainRequest,
  signing: Signing & { readonly expiresIn?: number } = {},
): Promise<SignedHead> {
  const signingDate = new Date(signing.at ?? Date.now());
  const { expiresIn = 60 } = signing;
  return headOf(await signer(signing).presign(httpRequest(request), { signingDate, expiresIn }));
}

function headOf({ method, path, query = {}, headers }: HttpRequest): SignedHead {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((one) => `${encoded(name)}=${encoded(one)}`),
  );
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { method, path, query: pairs.join('&'), headers: lower, rawHeaders: Object.entries(headers).flat() };
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The same head with other headers; undefined removes one. */
export function withHeaders(head: SignedHead, changed: Readonly<Record<string, string | undefined>>): SignedHead {
  const headers = Object.fromEntries(
    Object.entries({ ...head.headers, ...changed }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  ) as Record<string, string>;
  return { ...head, headers, rawHeaders: Object.entries(headers).flat() };
}

/** A verifier of {@link KEY_ID} alone. */
export function testVerifier(
  now: () => number = Date.now,
  more: { readonly services?: readonly string[]; readonly credential?: KeyRing['credential'] } = {},
): SignatureVerifier {
  const name = 'ci';
  if (!isApiKeyName(name)) throw new Error(name);
  const key: ApiKeyDetail = {
    name,
    id: 'k',
    prefix: 'lam_',
    createdAt: 0,
    expiresAt: null,
    by: '',
    quota: null,
    scopes: ['invoke'],
    functions: [],
    role: null,
    accessKeyId: KEY_ID,
  };
  const known: KeyRing['credential'] = (id) => (id === KEY_ID ? { key, secretAccessKey: SECRET } : 'unknown');
  return new SignatureVerifier({
    keys: { credential: more.credential ?? known },
    clock: { now },
    services: more.services ?? ['lambda'],
  });
}
