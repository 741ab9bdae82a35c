import { Readable } from 'node:stream';
import type { Digest, KeptZip } from '../../../contract/index.ts';
import { isLamError, lamError } from '../../../errors/index.ts';
import type { Operations } from '../../../operations/index.ts';

/** AWS's limits of direct uploads and of unpacked code (bytes). */
const ZIPPED = 52_428_800;
const UNZIPPED = 262_144_000;

/** Code that was stored and is not in use yet. */
export interface StoredCode {
  readonly artifact: Digest;
  readonly zip: KeptZip;
}

/**
 * Stores the code that a request carries in `ZipFile`. Throws `LAM_AWS_PARAMETER` for what lam does not take code from and
 * for bytes that are no zip, and `LAM_AWS_TOO_LARGE`.
 */
export async function storeCode(
  { artifacts }: Pick<Operations, 'artifacts'>,
  code: Readonly<Record<string, unknown>>,
): Promise<StoredCode> {
  const bytes = zipIn(code);
  const { artifact, zip } = await unpacked(() => artifacts.keepZip(bytes));
  return { artifact, zip };
}

/** As {@link storeCode}, of a zip that need not be given back as it was. */
export async function storeFiles(
  { artifacts }: Pick<Operations, 'artifacts'>,
  content: Readonly<Record<string, unknown>>,
): Promise<Digest> {
  const bytes = zipIn(content);
  const { artifact } = await unpacked(() => artifacts.receiveZip(Readable.from([bytes])));
  return artifact;
}

function zipIn(code: Readonly<Record<string, unknown>>): Buffer {
  const { ZipFile: zipped, S3Bucket: bucket, S3Key: key, ImageUri: image } = code;
  if (bucket !== undefined || key !== undefined)
    throw refused('lam reads no code from S3: send the zip itself, as ZipFile');
  if (image !== undefined) throw refused('lam takes no image by this API: send a zip, or deploy the image with lam');
  if (typeof zipped !== 'string') throw refused('Please provide a source for function code.');
  const bytes = Buffer.from(zipped, 'base64');
  if (bytes.length === 0) throw refused('Uploaded file must be a non-empty zip');
  if (bytes.length > ZIPPED)
    throw lamError('LAM_AWS_TOO_LARGE', { message: `Zipped size must be smaller than ${ZIPPED} bytes` });
  return bytes;
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
