import type { Manifest } from './artifact.ts';
import type { Brand } from './brand.ts';
import type { Digest } from './ids.ts';
import { knownVersion, type VersionNumber } from './names.ts';

/** A published layer's name: 1 to 140 of `a-z A-Z 0-9 - _` (AWS's rule). */
export type LayerName = Brand<string, 'LayerName'>;

const LAYER_NAME = /^[a-zA-Z0-9-_]{1,140}$/;
/** `NAME:VERSION`, or AWS's ARN of a layer version. */
const LAYER_VERSION =
  /^(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:)?([a-zA-Z0-9-_]{1,140}):([1-9][0-9]{0,8})$/;

/** Whether a text has the form of a layer's name. */
export function isLayerName(text: string): text is LayerName {
  return LAYER_NAME.test(text);
}

/** A version of a published layer. */
export interface LayerReference {
  readonly name: LayerName;
  readonly version: VersionNumber;
}

/** Parses `NAME:VERSION` or the ARN of a layer version. Returns undefined for any other text. */
export function parseLayerReference(text: string): LayerReference | undefined {
  const match = LAYER_VERSION.exec(text);
  return match === null ? undefined : { name: match[1] as LayerName, version: knownVersion(Number(match[2])) };
}

/** A version of a published layer; it never changes. */
export interface LayerVersion extends LayerReference {
  readonly artifact: Digest;
  /** Unpacked size (bytes). */
  readonly size: number;
  readonly files: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** As `user@host`; empty if not known. */
  readonly by: string;
  readonly description: string;
}

/** A version of a published layer, with the files that it puts below `/opt`. */
export interface LayerVersionDetail extends LayerVersion {
  readonly manifest: Manifest;
}

/** Publishes the next version of a layer. */
export interface PublishLayerRequest {
  readonly artifact: Digest;
  readonly description?: string;
  /** Author of the request, as `user@host`. */
  readonly by?: string;
}

/** `unchanged`: the newest version has the same files, so nothing was published. */
export interface PublishLayerAnswer extends LayerVersion {
  readonly unchanged: boolean;
}
