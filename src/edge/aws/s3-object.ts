import { lamError, messageOf } from '../../errors/index.ts';

/** Credentials for requests to services of AWS. */
export interface ServiceKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A server with the API of S3. */
export interface ObjectServer {
  readonly endpoint: string;
  readonly region: string;
  /** Absent: the server checks none. */
  readonly credentials?: ServiceKeys | undefined;
}

/** An object of S3. */
export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  readonly version?: string | undefined;
}

/** Longest time until an object is there (ms). */
const ANSWER_MS = 60_000;
/** Most of the text of a failure that is read (bytes). */
const MOST_FAILURE = 64 * 1024;
/** Most of it that is passed on (characters). */
const MOST_QUOTED = 500;
/** For servers that check none: requests must be signed with something. */
const ANY_KEYS: ServiceKeys = { accessKeyId: 'lam', secretAccessKey: 'lam' };

/**
 * Reads an object. Throws `LAM_AWS_PARAMETER` in AWS's words for what the server refuses or if it cannot be reached, and
 * `LAM_AWS_TOO_LARGE` for more than `most` bytes.
 */
export async function readObject(server: ObjectServer, object: S3Object, most: number): Promise<Buffer> {
  const url = urlOf(server.endpoint, object);
  // Most daemons never need it.
  const { AwsClient } = await import('aws4fetch');
  const { endpoint, region, credentials = ANY_KEYS } = server;
  const client = new AwsClient({ ...credentials, service: 's3', region, retries: 0 });
  const { status, bytes, isWhole } = await answerOf(client.fetch(url, REQUEST()), most).catch((thrown: unknown) => {
    const message = `lam cannot read from S3 at ${endpoint}: ${messageOf(thrown)}`;
    throw lamError('LAM_AWS_PARAMETER', { message }, thrown);
  });
  if (status !== 200) {
    const [code, message] = ['Code', 'Message'].map(
      (tag) =>
        new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(bytes.toString())?.[1]?.slice(0, MOST_QUOTED) ?? `HTTP ${status}`,
    );
    throw lamError('LAM_AWS_PARAMETER', {
      message: `Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`,
    });
  }
  if (!isWhole) throw lamError('LAM_AWS_TOO_LARGE', { message: `Zipped size must be smaller than ${most} bytes` });
  return bytes;
}

function REQUEST(): RequestInit {
  return { redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS) };
}

interface ReadAnswer {
  readonly status: number;
  readonly bytes: Buffer;
  /** Whether there was no more. */
  readonly isWhole: boolean;
}

async function answerOf(sent: Promise<Response>, most: number): Promise<ReadAnswer> {
  const { status, body } = await sent;
  const limit = status === 200 ? most : MOST_FAILURE;
  const parts: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop ends the transfer.
  for await (const part of body ?? []) {
    size += part.byteLength;
    if (size > limit) return { status, bytes: Buffer.concat(parts), isWhole: false };
    parts.push(part);
  }
  return { status, bytes: Buffer.concat(parts), isWhole: true };
}

/** The bucket in the path, which servers on this machine can be asked by any name. Throws `LAM_AWS_PARAMETER`. */
function urlOf(endpoint: string, { bucket, key, version = '' }: S3Object): string {
  const isText = key.isWellFormed() && version.isWellFormed();
  // URLs cannot name a key with such a part: they would lead to another key, or another bucket.
  if (!isText || key.split('/').some((part) => part === '.' || part === '..'))
    throw lamError('LAM_AWS_PARAMETER', {
      message: "lam reads no object whose S3Key has a part '.' or '..', or is no text",
    });
  const path = [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
  const query = version === '' ? '' : `?versionId=${encodeURIComponent(version)}`;
  return `${endpoint.replace(/\/+$/, '')}/${path}${query}`;
}
