import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { AwsClient } from 'aws4fetch';

/** A server with the API of S3, with one bucket. */
export interface S3Server extends AsyncDisposable {
  readonly url: string;
  /** Stores an object in the bucket. */
  put(key: string, body: Uint8Array): Promise<void>;
}

/** The only keys that the server takes. */
export const S3_KEYS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const;

/** Starts an {@link S3Server}, which verifies signatures. */
export async function s3Server(bucket: string): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'lam-s3-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  const { port }: AddressInfo = await server.run();
  const url = `http://127.0.0.1:${port}`;
  const client = new AwsClient({ ...S3_KEYS, service: 's3', region: 'us-east-1' });
  return {
    url,
    async put(key, body) {
      const answer = await client.fetch(`${url}/${bucket}/${key}`, { method: 'PUT', body: Uint8Array.from(body) });
      if (!answer.ok) throw new Error(await answer.text());
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
