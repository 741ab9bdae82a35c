import { lamError, type LamError } from '../../errors/index.ts';
import type { AccessHead } from '../scheme.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const TERMINATOR = 'aws4_request';
/** Longest life of a presigned URL, as AWS allows it (seconds): a week. */
const MOST_EXPIRES = 604_800;
const SECOND_MS = 1000;

/** Hash in place of a body's: it is not signed. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
/** In place of a body's hash: it comes in chunks, each of which is signed. */
export const STREAMED_PAYLOAD = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';

/** What a request says of its signature. */
export interface SignatureParts {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly signedAt: string;
  /** In lower case, sorted as given. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** Hash of the body as the request gives it, or what stands for one; undefined where it gives none. */
  readonly payloadHash: string | undefined;
  /** How long a presigned URL lasts (ms); undefined for a request that is signed in its headers. */
  readonly expiresMs: number | undefined;
}

/** Reads how a request is signed; undefined for one that is not. Returns `LAM_ACCESS_SIGNATURE_*` errors. Pure. */
export function signatureParts(head: AccessHead): SignatureParts | LamError | undefined {
  const authorization = single(head, 'authorization');
  if (authorization?.startsWith(ALGORITHM) === true) return fromHeaders(head, authorization);
  return head.query.includes('X-Amz-') ? fromQuery(head) : undefined;
}

/** The service in the scope of a signature, whatever else is wrong with it; undefined without one. Pure. */
export function signedService(head: AccessHead): string | undefined {
  const authorization = single(head, 'authorization');
  const credential =
    authorization === undefined
      ? head.query.includes('X-Amz-Credential=')
        ? new URLSearchParams(head.query).get('X-Amz-Credential')
        : null
      : SIGNED_FOR.exec(authorization)?.[1];
  return credential?.split('/').at(-2);
}

const SIGNED_FOR = /^AWS4-HMAC-SHA256 Credential=([^,\s]*)/;

function fromHeaders(head: AccessHead, authorization: string): SignatureParts | LamError {
  const given = authorizationParts(authorization);
  const signedAt = single(head, 'x-amz-date') ?? ofHttpDate(single(head, 'date'));
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => (given[name] ?? '') === '')
    .map((name) => `Authorization header requires '${name}' parameter.`);
  if (signedAt === undefined)
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  const scope = scopeOf(given['Credential'] ?? '');
  if (missing.length > 0) return incomplete(missing.join(' '));
  if ('message' in scope) return incomplete(scope.message);
  return partsOf({
    ...scope,
    signedAt: signedAt ?? '',
    signedHeaders: (given['SignedHeaders'] ?? '').toLowerCase().split(';'),
    signature: given['Signature'] ?? '',
    sessionToken: single(head, 'x-amz-security-token'),
    payloadHash: single(head, 'x-amz-content-sha256'),
    expiresMs: undefined,
  });
}

/** As every client of AWS writes it. */
const USUAL = /^AWS4-HMAC-SHA256 Credential=([^\s,]+), ?SignedHeaders=([^\s,]+), ?Signature=([^\s,]+)$/;

/** The parameters of a header, in any order. */
function authorizationParts(authorization: string): Readonly<Record<string, string | undefined>> {
  const usual = USUAL.exec(authorization);
  if (usual !== null) return { Credential: usual[1], SignedHeaders: usual[2], Signature: usual[3] };
  const pairs = authorization
    .slice(ALGORITHM.length)
    .split(',')
    .map((part) => {
      const [, name = '', value = ''] = /^\s*([A-Za-z]+)=(.*?)\s*$/.exec(part) ?? [];
      return [name, value] as const;
    });
  return Object.fromEntries(pairs);
}

function fromQuery(head: AccessHead): SignatureParts | LamError | undefined {
  const parameters = new URLSearchParams(head.query);
  const read = (name: string): string => parameters.get(`X-Amz-${name}`) ?? '';
  if (read('Algorithm') !== ALGORITHM) return undefined;
  if (['Credential', 'Signature', 'SignedHeaders', 'Date', 'Expires'].some((name) => read(name) === ''))
    return incomplete(
      "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date' and 'X-Amz-Expires'. Re-examine the query-string parameters.",
    );
  const expires = read('Expires');
  if (!/^\d{1,9}$/.test(expires) || Number(expires) < 1 || Number(expires) > MOST_EXPIRES)
    return incomplete(`X-Amz-Expires must be between 1 and ${MOST_EXPIRES} seconds, not ${expires}`);
  const scope = scopeOf(read('Credential'));
  if ('message' in scope) return incomplete(scope.message);
  return partsOf({
    ...scope,
    signedAt: read('Date'),
    signedHeaders: read('SignedHeaders').toLowerCase().split(';'),
    signature: read('Signature'),
    sessionToken: parameters.get('X-Amz-Security-Token') ?? undefined,
    // Clients move it into the query, in whatever case the header had.
    payloadHash:
      single(head, 'x-amz-content-sha256') ??
      [...parameters].find(([name]) => name.toLowerCase() === 'x-amz-content-sha256')?.[1],
    expiresMs: Number(expires) * SECOND_MS,
  });
}

type Scope = Pick<SignatureParts, 'accessKeyId' | 'date' | 'region' | 'service'>;

function scopeOf(credential: string): Scope | { readonly message: string } {
  const parts = credential.split('/');
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = parts;
  if (parts.length !== 5)
    return {
      message: `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    };
  if (terminator !== TERMINATOR)
    return { message: `Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${terminator}'.` };
  return { accessKeyId, date, region, service };
}

/** Checks what does not depend on the key. */
function partsOf(parts: SignatureParts): SignatureParts | LamError {
  const { signedAt, date, signedHeaders, accessKeyId } = parts;
  if (timeOf(signedAt) === undefined)
    return incomplete(
      `Date must be in ISO-8601 'basic format'. Got '${signedAt}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  if (!signedHeaders.includes('host'))
    return wrong("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.", accessKeyId);
  if (!signedAt.startsWith(date))
    return wrong(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${signedAt.slice(0, 8)}', from '${signedAt}'.`,
      accessKeyId,
    );
  return parts;
}

/** Milliseconds since the epoch of `YYYYMMDDTHHMMSSZ`; undefined for any other text. Pure. */
export function timeOf(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** A time as signatures have it. Pure. @param at milliseconds since the epoch */
export function timeText(at: number): string {
  return `${new Date(at).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')}`;
}

function ofHttpDate(date: string | undefined): string | undefined {
  if (date === undefined) return undefined;
  if (timeOf(date) !== undefined) return date;
  const at = Date.parse(date);
  return Number.isNaN(at) ? date : timeText(at);
}

function single({ headers }: AccessHead, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function incomplete(message: string): LamError {
  return lamError('LAM_ACCESS_SIGNATURE_INCOMPLETE', { message });
}

/** Makes the error of a signature that is not accepted. */
export function wrong(message: string, accessKeyId: string): LamError {
  return lamError('LAM_ACCESS_SIGNATURE_WRONG', { message, accessKeyId });
}
