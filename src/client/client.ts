import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  ARTIFACT_CONTENT_TYPE,
  CONTROL,
  type AliasAnswer,
  type AliasRequest,
  type ArtifactAnswer,
  type ChangeNote,
  type ConfigPatch,
  type DfAnswer,
  type Digest,
  type FunctionDetail,
  type FunctionSummary,
  type GcAnswer,
  type GcRequest,
  type LogQuery,
  type LogRecord,
  type Manifest,
  type PlanAnswer,
  type PublishAnswer,
  type PublishRequest,
  type RollbackAnswer,
  type RollbackRequest,
  type Status,
  type FunctionName,
  type AliasName,
  type VersionDetail,
  type VersionFile,
  type VersionNumber,
} from '../contract/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import { apiKeyCalls, type ApiKeyCalls } from './api-key-calls.ts';
import { auditCalls, type AuditCalls } from './audit-calls.ts';
import { asyncCalls, type AsyncCalls } from './async-calls.ts';
import { layerCalls, type LayerCalls } from './layer-calls.ts';
import { parametersOf } from './parameters.ts';
import { json, ndjson, open, type Ask } from './transport.ts';
import { triggerCalls, type TriggerCalls } from './trigger-calls.ts';

/** An artifact to upload: its manifest, and a zip of the files that the daemon lacks, or null. */
export interface Upload {
  readonly manifest: Manifest;
  readonly zip: Readable | null;
}

/** Typed calls to the daemon of one home. Each rejects with the daemon's own LamError, or with a `LAM_CLIENT_*` error. */
export interface LamClient extends AsyncCalls, ApiKeyCalls, AuditCalls, LayerCalls, TriggerCalls {
  readonly socketPath: string;
  status(): Promise<Status>;
  /** Asks the daemon to drain and end; resolves when it has accepted the request. */
  stop(): Promise<void>;
  list(): Promise<readonly FunctionSummary[]>;
  describe(name: FunctionName): Promise<FunctionDetail>;
  plan(manifest: Manifest): Promise<PlanAnswer>;
  upload(upload: Upload): Promise<ArtifactAnswer>;
  /** Uploads a zip file; the daemon makes the manifest. */
  uploadZip(file: string): Promise<ArtifactAnswer>;
  /** The artifact that several make together, a later one over an earlier one. */
  mergeArtifacts(artifacts: readonly Digest[]): Promise<ArtifactAnswer>;
  publish(name: FunctionName, request: PublishRequest): Promise<PublishAnswer>;
  rollback(name: FunctionName, request: RollbackRequest): Promise<RollbackAnswer>;
  configure(name: FunctionName, patch: ConfigPatch): Promise<PublishAnswer>;
  deleteFunction(name: FunctionName): Promise<void>;
  deleteVersion(name: FunctionName, version: VersionNumber): Promise<void>;
  version(name: FunctionName, version: VersionNumber): Promise<VersionDetail>;
  /** A file of a version, with its text if that is short. */
  versionFile(name: FunctionName, version: VersionNumber, path: string): Promise<VersionFile>;
  setAlias(name: FunctionName, alias: AliasName, request: AliasRequest): Promise<AliasAnswer>;
  deleteAlias(name: FunctionName, alias: AliasName, note: ChangeNote): Promise<void>;
  /** Log records, oldest first; with `follow` also new ones, until the signal aborts or the reader stops. */
  logs(
    name: FunctionName,
    query: LogQuery & { readonly follow?: boolean },
    signal?: AbortSignal,
  ): AsyncGenerator<LogRecord, void, void>;
  gc(request: GcRequest): Promise<GcAnswer>;
  df(): Promise<DfAnswer>;
}

/** Creates a client of the daemon that listens on `socketPath`; connects only when called. */
export function createClient(socketPath: string, home: string): LamClient {
  const ask = async <T>(method: Ask['method'], path: string, body?: Ask['body']): Promise<T> =>
    json<T>(await reach(socketPath, home, { method, path, ...(body === undefined ? {} : { body }) }));
  const send = <T>(method: Ask['method'], path: string, value: unknown): Promise<T> =>
    ask<T>(method, path, { type: 'application/json', content: Buffer.from(JSON.stringify(value)) });
  async function* stream<T>(asked: Ask): AsyncGenerator<T, void, void> {
    try {
      yield* ndjson<T>(await reach(socketPath, home, asked));
    } catch (error) {
      // An abort by the caller is not a failure.
      if (asked.signal?.aborted === true) return;
      if (isLamError(error)) throw error;
      throw lamError('LAM_CLIENT_CONNECTION_LOST', { what: (error as Error).message }, error);
    }
  }
  return {
    socketPath,
    status: () => ask('GET', CONTROL.status),
    stop: async () => void (await ask('POST', CONTROL.stop)),
    list: () => ask('GET', CONTROL.functions),
    describe: (name) => ask('GET', CONTROL.function(name)),
    plan: (manifest) => send('POST', CONTROL.artifactPlan, manifest),
    upload: (upload) =>
      ask('POST', CONTROL.artifacts, {
        type: ARTIFACT_CONTENT_TYPE,
        content: Readable.from(frame(upload), { objectMode: false }),
      }),
    async uploadZip(file) {
      const { size } = await stat(file);
      return ask('POST', CONTROL.artifactsZip, {
        type: 'application/zip',
        content: createReadStream(file),
        length: size,
      });
    },
    mergeArtifacts: (artifacts) => send('POST', CONTROL.artifactsMerge, { artifacts }),
    publish: (name, request) => send('POST', CONTROL.versions(name), request),
    rollback: (name, request) => send('POST', CONTROL.rollback(name), request),
    configure: (name, patch) => send('PATCH', CONTROL.config(name), patch),
    deleteFunction: async (name) => void (await ask('DELETE', CONTROL.function(name))),
    deleteVersion: async (name, version) => void (await ask('DELETE', CONTROL.version(name, version))),
    version: (name, version) => ask('GET', CONTROL.version(name, version)),
    versionFile: (name, version, path) => ask('GET', CONTROL.versionFile(name, version, path)),
    setAlias: (name, alias, request) => send('PUT', CONTROL.alias(name, alias), request),
    deleteAlias: async (name, alias, note) => void (await send('DELETE', CONTROL.alias(name, alias), note)),
    logs(name, query, signal) {
      const path = `${CONTROL.logs(name)}?${parametersOf({ ...query })}`;
      return stream<LogRecord>({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
    },
    ...auditCalls(stream),
    ...triggerCalls(ask, send),
    ...asyncCalls(ask, send),
    ...apiKeyCalls(ask, send),
    ...layerCalls(ask, send),
    gc: (request) => send('POST', CONTROL.gc, request),
    df: () => ask('GET', CONTROL.df),
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

/** System error codes which mean that no daemon listens. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR']);

async function reach(socketPath: string, home: string, ask: Ask): ReturnType<typeof open> {
  try {
    return await open(socketPath, ask);
  } catch (error) {
    if (isLamError(error) || ask.signal?.aborted === true) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (NOBODY.has(code)) throw lamError('LAM_CLIENT_DAEMON_NOT_RUNNING', { home }, error);
    throw lamError('LAM_CLIENT_CONNECTION_LOST', { what: (error as Error).message }, error);
  }
}
