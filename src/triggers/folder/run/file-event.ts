import { join } from 'node:path';
import type { Arns } from '../../../contract/index.ts';
import { eTagOf, type FileVersion } from './file-version.ts';

/** A change of a file that is reported. */
export interface FileChange {
  /** Absolute path of the folder, as the settings give it. */
  readonly folder: string;
  readonly trigger: string;
  readonly key: string;
  /** When it is reported (ms since the epoch). */
  readonly at: number;
  readonly requestId: string;
  /** Grows with each event. */
  readonly sequence: number;
  /** The version that was created; undefined for a removed file. */
  readonly version?: FileVersion;
  /** What the event holds of the file's content. */
  readonly content?: FileContent;
}

/** Content of a file in base64, or why it is missing. */
export type FileContent = { readonly content: string } | { readonly contentOmitted: 'too-large' };

/** The event of a change: one record of the form of S3's event notifications, with `lam` as an addition. */
export function fileEvent(change: FileChange, { account, region }: Arns): Uint8Array {
  const { folder, trigger, key, at, requestId, sequence, version, content } = change;
  const created = version === undefined ? {} : { size: version.size, eTag: eTagOf(version) };
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: new Date(at).toISOString(),
    eventName: version === undefined ? 'ObjectRemoved:Delete' : 'ObjectCreated:Put',
    userIdentity: { principalId: account },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: { 'x-amz-request-id': requestId, 'x-amz-id-2': requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: trigger,
      bucket: { name: folder, ownerIdentity: { principalId: account }, arn: `arn:aws:s3:::${folder}` },
      object: { key: encodedKey(key), ...created, sequencer: sequence.toString(16).toUpperCase().padStart(16, '0') },
    },
    lam: { path: join(folder, key), ...content },
  };
  return Buffer.from(JSON.stringify({ Records: [record] }));
}

/** A key as S3 writes it in events: percent-encoded UTF-8 with `+` for spaces, and slashes as they are. */
function encodedKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
}
