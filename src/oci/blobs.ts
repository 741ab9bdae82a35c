import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { isLamError, lamError } from '../errors/index.ts';
import { sleep } from '../kit/index.ts';
import type { OciAsk, RegistryConnection } from './connection.ts';
import { connectionError, isPassing, reasonOf } from './failures.ts';

/** A blob by its digest (`sha256:` and 64 hexadecimal digits) and size (bytes). */
export interface BlobIdentity {
  readonly digest: string;
  readonly size: number;
}

/** Where a blob goes to or comes from, and how that is told. */
export interface BlobTransfer {
  readonly connection: RegistryConnection;
  readonly repository: string;
  /** For messages: `the code`. */
  readonly what: string;
  /** Called with how many bytes have been transferred so far. */
  readonly onBytes?: (bytes: number) => void;
}

/** Opens a blob's bytes; called again for another attempt. */
export type OpenBlob = () => Readable;

/** Blobs up to this size are sent with the request that completes them (bytes). */
const AT_ONCE_BYTES = 1024 * 1024;
/** Times that a transfer goes on after it broke off without getting further, and the wait before that (ms). */
const CONTINUATIONS = 3;
const WAIT_MS = 300;
/** Bytes of a download that are written together. */
const WRITTEN_BYTES = 512 * 1024;

/** Returns the digest of bytes as registries write it. Pure. */
export function ociDigest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * Sends a blob unless the repository has it; resolves to whether it was sent. An upload that breaks off begins again,
 * because registries forget what they have of it. Throws what {@link RegistryConnection.ask} throws, and
 * `LAM_OCI_DIGEST_MISMATCH`, `LAM_OCI_BROKEN_OFF`.
 */
export async function pushBlob(transfer: BlobTransfer, blob: BlobIdentity, openBlob: OpenBlob): Promise<boolean> {
  const { repository, what } = transfer;
  const looked = await transfer.connection.ask({
    method: 'HEAD',
    at: `v2/${repository}/blobs/${blob.digest}`,
    repository,
    action: 'push',
    what: `the look for ${what}`,
    expected: [200, 404],
  });
  looked.resume();
  if (looked.statusCode === 200) return false;
  for (let failures = 0; ;) {
    try {
      await upload(transfer, blob, openBlob);
      return true;
    } catch (error) {
      if (!mayGoOn(error) || ++failures > CONTINUATIONS) throw asBrokenOff(error, transfer);
      await sleep(WAIT_MS);
    }
  }
}

/** One upload session. A short blob goes with the request that completes it. */
async function upload(transfer: BlobTransfer, { digest, size }: BlobIdentity, openBlob: OpenBlob): Promise<void> {
  const { repository, what } = transfer;
  const first = `v2/${repository}/blobs/uploads/`;
  const begun = await askUpload(transfer, { method: 'POST', at: first, expected: [202], body: () => new Uint8Array() });
  let at = locationOf(transfer, begun, first);
  const body = (): Readable => counted(openBlob(), transfer.onBytes);
  const whole = { headers: { 'content-length': size, 'content-type': 'application/octet-stream' }, body };
  const isShort = size <= AT_ONCE_BYTES;
  if (!isShort) {
    const sent = await askUpload(transfer, { method: 'PATCH', at, expected: [202], ...whole });
    at = locationOf(transfer, sent, at);
  }
  at.searchParams.set('digest', digest);
  const rest = isShort ? whole : { body: () => new Uint8Array() };
  const { statusCode } = await askUpload(transfer, { method: 'PUT', at, expected: [201, 400], ...rest });
  if (statusCode === 400)
    throw lamError('LAM_OCI_DIGEST_MISMATCH', { what, expected: digest, found: 'something else' });
}

async function askUpload(
  { connection, repository, what }: BlobTransfer,
  ask: Pick<OciAsk, 'method' | 'at' | 'expected' | 'headers' | 'body'>,
): Promise<IncomingMessage> {
  const incoming = await connection.ask({ repository, action: 'push', what: `the upload of ${what}`, ...ask });
  incoming.resume();
  return incoming;
}

/** Where the next request of an upload goes. */
function locationOf({ connection }: BlobTransfer, { headers }: IncomingMessage, base: string | URL): URL {
  return connection.resolve(headers.location ?? '', base);
}

function counted(stream: Readable, onBytes: BlobTransfer['onBytes']): Readable {
  let sent = 0;
  if (onBytes !== undefined) stream.on('data', (piece: Buffer) => onBytes((sent += piece.length)));
  // A listener starts the flow, which belongs to whoever sends it.
  return stream.pause();
}

/**
 * Receives a blob into a new file; continues a download that breaks off. The file is whole and has the digest when it
 * resolves; after a failure it is the caller's to remove. Throws `LAM_OCI_DIGEST_MISMATCH`, `LAM_OCI_BROKEN_OFF`, or
 * what {@link RegistryConnection.ask} throws.
 */
export async function pullBlob(transfer: BlobTransfer, blob: BlobIdentity, path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let held: Buffer[] = [];
    let heldBytes = 0;
    let writing: Promise<unknown> = Promise.resolve();
    const flush = async (): Promise<void> => {
      // The file takes some while the next are on their way.
      await writing;
      const pieces = held;
      held = [];
      heldBytes = 0;
      if (pieces.length === 0) return;
      writing = file.writev(pieces);
      // Thrown by the next flush.
      writing.catch(() => undefined);
    };
    for await (const piece of received(transfer, blob)) {
      hash.update(piece);
      held.push(piece);
      heldBytes += piece.length;
      if (heldBytes >= WRITTEN_BYTES) await flush();
    }
    await flush();
    await writing;
    refuseOther(transfer.what, blob.digest, `sha256:${hash.digest('hex')}`);
  } finally {
    await file.close();
  }
}

/** A short blob in memory. Throws as {@link pullBlob} does, and `LAM_OCI_TOO_LARGE`. */
export async function blobBytes(transfer: BlobTransfer, blob: BlobIdentity, most: number): Promise<Buffer> {
  const { what } = transfer;
  if (blob.size > most) throw lamError('LAM_OCI_TOO_LARGE', { what, size: blob.size, limit: most });
  const pieces: Buffer[] = [];
  for await (const piece of received(transfer, blob)) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  refuseOther(what, blob.digest, ociDigest(bytes));
  return bytes;
}

/** Throws `LAM_OCI_DIGEST_MISMATCH` unless both are the same. */
export function refuseOther(what: string, expected: string, found: string): void {
  if (expected !== found) throw lamError('LAM_OCI_DIGEST_MISMATCH', { what, expected, found });
}

/** The bytes of a blob in order, each once, over as many requests as it takes. */
async function* received(transfer: BlobTransfer, blob: BlobIdentity): AsyncGenerator<Buffer, void, void> {
  const { what, onBytes } = transfer;
  let at = 0;
  for (let failures = 0; ;) {
    const before = at;
    try {
      const incoming = await askFrom(transfer, blob, at);
      // A registry may send all of it again.
      let extra = incoming.statusCode === 200 ? at : 0;
      for await (const piece of incoming as AsyncIterable<Buffer>) {
        const fresh = extra === 0 ? piece : piece.subarray(Math.min(extra, piece.length));
        extra -= piece.length - fresh.length;
        if (fresh.length === 0) continue;
        at += fresh.length;
        if (at > blob.size) {
          incoming.destroy();
          throw lamError('LAM_OCI_DIGEST_MISMATCH', {
            what,
            expected: `${blob.size} bytes`,
            found: 'more',
          });
        }
        onBytes?.(at);
        yield fresh;
      }
      if (at === blob.size) return;
      throw Object.assign(new Error(`it ended after ${at} of ${blob.size} bytes`), { code: 'ECONNRESET' });
    } catch (error) {
      failures = at > before ? 0 : failures + 1;
      if (!mayGoOn(error) || failures > CONTINUATIONS) throw asBrokenOff(error, transfer);
      await sleep(WAIT_MS);
    }
  }
}

async function askFrom(
  { connection, repository, what }: BlobTransfer,
  { digest }: BlobIdentity,
  at: number,
): Promise<IncomingMessage> {
  const incoming = await connection.ask({
    method: 'GET',
    at: `v2/${repository}/blobs/${digest}`,
    repository,
    action: 'pull',
    what: `the download of ${what}`,
    expected: [200, 206, 404],
    ...(at === 0 ? {} : { headers: { range: `bytes=${at}-` } }),
  });
  if (incoming.statusCode !== 404) return incoming;
  incoming.resume();
  const { host } = connection;
  throw lamError('LAM_OCI_REFUSED', {
    host,
    status: 404,
    what: `the download of ${what}`,
    reason: 'the blob is missing',
  });
}

/** Whether a transfer that failed like this may be continued. */
function mayGoOn(error: unknown): boolean {
  if (isLamError(error)) return error.code === 'LAM_OCI_UNREACHABLE' && isPassing(error.cause);
  return isPassing(error);
}

function asBrokenOff(error: unknown, { connection, what }: BlobTransfer): Error {
  const cause = isLamError(error) ? error.cause : error;
  if (isLamError(error) && !(error.code === 'LAM_OCI_UNREACHABLE' && isPassing(cause))) return error;
  if (!isPassing(cause)) return connectionError(cause, connection.host, connection.isSecure);
  return lamError('LAM_OCI_BROKEN_OFF', { host: connection.host, what, reason: reasonOf(cause) }, error);
}
