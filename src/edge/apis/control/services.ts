import type {
  AliasRequest,
  ArtifactAnswer,
  ConfigPatch,
  DfAnswer,
  FunctionDetail,
  FunctionSummary,
  GcAnswer,
  GcRequest,
  LogQuery,
  LogRecord,
  PlanAnswer,
  PublishAnswer,
  PublishRequest,
  RollbackAnswer,
  RollbackRequest,
  Status,
} from '../../../contract/index.ts';

/** What the control API can ask of the daemon; the composition root implements it. Methods throw errors of lam. */
export interface ControlServices {
  status(): Status;
  /** Begins to drain; the answer goes out first. */
  stop(): void;
  list(): readonly FunctionSummary[];
  detail(name: string): FunctionDetail;
  remove(name: string): Promise<void>;
  removeVersion(name: string, version: number): Promise<void>;
  /** The manifest as it came: the store checks all of it. */
  plan(manifest: unknown): Promise<PlanAnswer>;
  /** @param body of `ARTIFACT_CONTENT_TYPE`, as it arrives */
  upload(body: AsyncIterable<Uint8Array>): Promise<ArtifactAnswer>;
  /** @param zip one made elsewhere, as it arrives */
  uploadZip(zip: AsyncIterable<Uint8Array>): Promise<ArtifactAnswer>;
  publish(name: string, request: PublishRequest): Promise<PublishAnswer>;
  rollback(name: string, request: RollbackRequest): Promise<RollbackAnswer>;
  patchConfig(name: string, patch: ConfigPatch): Promise<PublishAnswer>;
  setAlias(name: string, alias: string, request: AliasRequest): Promise<void>;
  deleteAlias(name: string, alias: string): Promise<void>;
  gc(request: GcRequest): Promise<GcAnswer>;
  df(): Promise<DfAnswer>;
  /** Kept records, oldest first, in batches, each when `onRecords` is done with the last. Throws when the function does not exist. */
  logs(
    name: string,
    query: LogQuery,
    onRecords: (records: readonly LogRecord[]) => void | Promise<void>,
  ): Promise<void>;
  /** Records from now on, until the returned function is called. `onEnd`: the daemon stops, and no more will come. */
  follow(name: string, query: LogQuery, onRecord: (record: LogRecord) => void, onEnd: () => void): () => void;
}
