import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  ARTIFACT_CONTENT_TYPE,
  CONTROL,
  type ArtifactAnswer,
  type LayerVersion,
  type LayerVersionDetail,
  type Manifest,
  type PlanAnswer,
  type Plain,
  type PublishLayerAnswer,
  type PublishLayerRequest,
} from '../../contract/index.ts';
import { entriesIn, type ArtifactEntry } from '../artifact-files.ts';
import { withParameters } from '../parameters.ts';
import type { CallOptions } from '../transport.ts';
import type { Calls } from './calls.ts';

/** An artifact to upload: its manifest, and a zip of the files that the daemon lacks, or null. */
export interface Upload {
  readonly manifest: Plain<Manifest>;
  readonly zip: Readable | null;
}

/** Uploads of code. */
export interface ArtifactCalls {
  /** Which files of an artifact the daemon lacks. */
  plan(manifest: Plain<Manifest>, options?: CallOptions): Promise<PlanAnswer>;
  upload(upload: Upload, options?: CallOptions): Promise<ArtifactAnswer>;
  /** Uploads a zip: the path of a file, or its bytes. The daemon makes the manifest. */
  uploadZip(zip: string | Uint8Array, options?: CallOptions): Promise<ArtifactAnswer>;
  /** What an artifact holds, in the order of its manifest. */
  files(artifact: string, options?: CallOptions): AsyncGenerator<ArtifactEntry, void, void>;
  /** The artifact that several make together, a later one over an earlier one. */
  merge(artifacts: readonly string[], options?: CallOptions): Promise<ArtifactAnswer>;
}

/** Implements {@link ArtifactCalls}. */
export function artifactCalls({ send, upload, bytes }: Calls): ArtifactCalls {
  return {
    plan: (value, options) => send({ method: 'POST', path: CONTROL.artifactPlan, value }, options),
    upload: (given, options) =>
      upload(
        CONTROL.artifacts,
        { type: ARTIFACT_CONTENT_TYPE, content: Readable.from(frame(given), { objectMode: false }) },
        options,
      ),
    async uploadZip(zip, options) {
      const type = 'application/zip';
      if (typeof zip !== 'string') return upload(CONTROL.artifactsZip, { type, content: zip }, options);
      const { size } = await stat(zip);
      return upload(CONTROL.artifactsZip, { type, content: createReadStream(zip), length: size }, options);
    },
    async *files(artifact, options) {
      yield* entriesIn(await bytes(CONTROL.artifactFiles(artifact), options));
    },
    merge: (artifacts, options) =>
      send({ method: 'POST', path: CONTROL.artifactsMerge, value: { artifacts } }, options),
  };
}

async function* frame(upload: Upload): AsyncGenerator<Uint8Array, void, void> {
  const manifest = Buffer.from(JSON.stringify(upload.manifest));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(manifest.length);
  yield length;
  yield manifest;
  if (upload.zip !== null) yield* upload.zip as AsyncIterable<Uint8Array>;
}

/** Published layers. */
export interface LayerCalls {
  /** All versions of a layer, or the newest version of each layer. */
  list(name?: string, options?: CallOptions): Promise<readonly LayerVersion[]>;
  publish(name: string, request: Plain<PublishLayerRequest>, options?: CallOptions): Promise<PublishLayerAnswer>;
  get(name: string, version: number, options?: CallOptions): Promise<LayerVersionDetail>;
  delete(name: string, version: number, options?: CallOptions): Promise<void>;
}

/** Implements {@link LayerCalls}. */
export function layerCalls({ ask, send }: Calls): LayerCalls {
  return {
    list: (name, options) => ask('GET', withParameters(CONTROL.layers, { name }), options),
    publish: (name, value, options) => send({ method: 'POST', path: CONTROL.layer(name), value }, options),
    get: (name, version, options) => ask('GET', CONTROL.layerVersion({ name, version }), options),
    delete: async (name, version, options) =>
      void (await ask('DELETE', CONTROL.layerVersion({ name, version }), options)),
  };
}
