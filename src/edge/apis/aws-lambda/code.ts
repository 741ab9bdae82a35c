import { Readable } from 'node:stream';
import type { Digest, KeptZip } from '../../../contract/index.ts';
import { isLamError, lamError } from '../../../errors/index.ts';
import { readObject } from '../../aws/s3-object.ts';
import type { AwsCall } from './call.ts';

/** AWS's limits of direct uploads and of unpacked code (bytes). */
const ZIPPED = 52_428_800;
const UNZIPPED = 262_144_000;

/** What reading and storing code takes of a request. */
type CodeScope = Pick<AwsCall, 'arns' | 'endpoints' | 'credentials' | 'operations'>;

/** Code that was stored and is not in use yet. */
export interface StoredCode {
  readonly artifact: Digest;
  readonly zip: KeptZip;
}

/**
 * Stores the code that a request carries in `ZipFile`, or that an object of S3 has. Throws `LAM_AWS_PARAMETER` for what lam does not take code from and
 * for bytes that are no zip, and `LAM_AWS_TOO_LARGE`.
 */
export async function storeCode(call: CodeScope, code: Readonly<Record<string, unknown>>): Promise<StoredCode> {
  const bytes = await zipIn(call, code);
  const { artifact, zip } = await unpacked(() => call.operations.artifacts.keepZip(bytes));
  return { artifact, zip };
}

/** As {@link storeCode}, of a zip that need not be given back as it was. */
export async function storeFiles(call: CodeScope, content: Readonly<Record<string, unknown>>): Promise<Digest> {
  const bytes = await zipIn(call, content);
  const { artifact } = await unpacked(() => call.operations.artifacts.receiveZip(Readable.from([bytes])));
  return artifact;
}

async function zipIn(call: CodeScope, code: Readonly<Record<string, unknown>>): Promise<Buffer> {
  const { ZipFile: zipped, S3Bucket: bucket, S3Key: key } = code;
  if (typeof bucket === 'string' && typeof key === 'string') {
    if (zipped !== undefined)
      throw refused('Please do not provide other FunctionCode parameters when providing a ZipFile.');
    return objectIn(call, { bucket, key, version: code['S3ObjectVersion'] });
  }
  if (typeof zipped !== 'string') throw refused('Please provide a source for function code.');
  const bytes = Buffer.from(zipped, 'base64');
  if (bytes.length === 0) throw refused('Uploaded file must be a non-empty zip');
  if (bytes.length > ZIPPED)
    throw lamError('LAM_AWS_TOO_LARGE', { message: `Zipped size must be smaller than ${ZIPPED} bytes` });
  return bytes;
}

function objectIn(
  { arns, endpoints: { s3: endpoint }, credentials }: CodeScope,
  { bucket, key, version }: { readonly bucket: string; readonly key: string; readonly version: unknown },
): Promise<Buffer> {
  if (endpoint === undefined)
    throw refused(
      'lam does not know where S3 is: send the zip itself, as ZipFile, or name a server with the API of S3: lam restart --aws-endpoint s3=http://localhost:9000',
    );
  const object = { bucket, key, ...(typeof version === 'string' ? { version } : {}) };
  return readObject({ endpoint, region: arns.region, credentials }, object, UNZIPPED);
}

async function unpacked<A extends { readonly size: number }>(store: () => Promise<A>): Promise<A> {
  try {
    const answer = await store();
    if (answer.size > UNZIPPED) throw refused(`Unzipped size must be smaller than ${UNZIPPED} bytes`);
    return answer;
  } catch (thrown) {
    if (!isLamError(thrown) || !thrown.code.startsWith('LAM_STORE_ZIP')) throw thrown;
    throw lamError(
      'LAM_AWS_PARAMETER',
      { message: 'Could not unzip uploaded file. Please check your file, then try to upload again.' },
      thrown,
    );
  }
}

function refused(message: string): Error {
  return lamError('LAM_AWS_PARAMETER', { message });
}
