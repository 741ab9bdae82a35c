import type {
  ApiKeyDetail,
  CreateApiKeyAnswer,
  CreateApiKeyRequest,
  ListedApiKey,
  UpdateApiKeyRequest,
} from './api-key.ts';
import type { Manifest } from './artifact.ts';
import type { AuditEntry } from './audit.ts';
import type { AsyncCounts, AsyncInvocation, AsyncPage, AsyncResult, DeadLettersRequest } from './async-invocation.ts';
import type {
  AliasAnswer,
  AliasRequest,
  AliasRouting,
  ArtifactAnswer,
  ChangeNote,
  ConfigPatch,
  FunctionDetail,
  FunctionSummary,
  PlanAnswer,
  PublishAnswer,
  PublishRequest,
  RollbackAnswer,
  RollbackRequest,
  Status,
  VersionDetail,
  VersionFile,
  VersionInfo,
} from './control-api.ts';
import type { DfAnswer, GcAnswer, GcRequest } from './disk-space.ts';
import type { Digest, RequestId } from './ids.ts';
import type { LogRecord, StartKind } from './log-record.ts';
import type { AliasName, VersionNumber } from './names.ts';
import type { LayerVersion, LayerVersionDetail, PublishLayerAnswer, PublishLayerRequest } from './published-layer.ts';
import type { TriggerDetail, TriggerTest } from './trigger.ts';

/**
 * An error as lam's own API answers it, `application/problem+json` (RFC 9457): `code` and `hint` are lam's own members.
 */
export interface ProblemDetails {
  /** Where the error is described: a place in docs/errors.md, relative to lam's sources. */
  readonly type: string;
  /** The error in a few words, the same for every occurrence. */
  readonly title: string;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** What happened, in one sentence. */
  readonly detail: string;
  /** Stable code of the error; match on this. */
  readonly code: string;
  /** What to do about it. */
  readonly hint?: string;
  /** The data in the message. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The answer to a request that has nothing to say but that it was done. */
export type Done = Readonly<Record<string, never>>;

/** Answered while the daemon serves requests. */
export interface HealthAnswer {
  readonly status: 'ok';
}

/** Publishes code and settings. Members that only other APIs of the daemon use are left out. */
export type PublishBody = Omit<PublishRequest, 'zip' | 'foreign' | 'replaces' | 'onto'>;

/** A deployed function's settings. */
export type ConfigDetail = Pick<FunctionDetail, 'name' | 'live' | 'config' | 'layers' | 'overrides'>;

/** A named pointer to a version. */
export interface AliasDetail {
  readonly alias: AliasName;
  readonly version: VersionNumber;
  /** Present where it divides its requests among several versions. */
  readonly routing?: AliasRouting;
}

/** Artifacts to merge, a later one over an earlier one. */
export interface MergeRequest {
  readonly artifacts: readonly Digest[];
}

/** An event for a trigger; without one, a sample. */
export interface TestTriggerRequest {
  /** Any JSON value. */
  readonly event?: unknown;
}

/** An invocation that was queued. */
export interface QueuedAnswer {
  readonly requestId: RequestId;
}

/** The event of an invocation. */
export interface EventAnswer {
  /** Its text. */
  readonly event: string;
}

/** Runs the event of a finished invocation again. */
export interface RetryRequest {
  /** Default: the version that it named. */
  readonly version?: VersionNumber;
}

/** An invocation's id. */
export interface RetryAnswer {
  readonly id: RequestId;
}

/** How many there were. */
export interface CountAnswer {
  readonly count: number;
}

/** How a function answered an invocation. */
export interface InvokedAnswer {
  readonly requestId: RequestId;
  /** The version that ran. */
  readonly version: VersionNumber;
  readonly status: 'success' | 'error' | 'timeout' | 'failure';
  /** The result, or if it failed the error document: its JSON, or its text where it is not JSON. */
  readonly payload: unknown;
  /** Absent when the function succeeded. */
  readonly errorType?: string;
  readonly durationMs: number;
  readonly start: StartKind;
  /** The end of what it printed, if the request asked for it. */
  readonly log?: string;
}

/**
 * The bodies of lam's own API by the name of their schema. The schemas are made of these types and their comments
 * (scripts/openapi-schemas.ts).
 */
export interface ControlBodies {
  AliasAnswer: AliasAnswer;
  AliasDetail: AliasDetail;
  AliasList: readonly AliasDetail[];
  AliasRequest: AliasRequest;
  ApiKeyDetail: ApiKeyDetail;
  ApiKeyList: readonly ListedApiKey[];
  ArtifactAnswer: ArtifactAnswer;
  AsyncCountsByName: Readonly<Record<string, AsyncCounts>>;
  AsyncInvocation: AsyncInvocation;
  AsyncPage: AsyncPage;
  AsyncResult: AsyncResult;
  AuditEntry: AuditEntry;
  ChangeNote: ChangeNote;
  ConfigDetail: ConfigDetail;
  ConfigPatch: ConfigPatch;
  CountAnswer: CountAnswer;
  CreateApiKeyAnswer: CreateApiKeyAnswer;
  CreateApiKeyRequest: CreateApiKeyRequest;
  DeadLettersRequest: DeadLettersRequest;
  DfAnswer: DfAnswer;
  Done: Done;
  EventAnswer: EventAnswer;
  FunctionDetail: FunctionDetail;
  FunctionList: readonly FunctionSummary[];
  GcAnswer: GcAnswer;
  GcRequest: GcRequest;
  HealthAnswer: HealthAnswer;
  InvokedAnswer: InvokedAnswer;
  LayerList: readonly LayerVersion[];
  LayerVersionDetail: LayerVersionDetail;
  ListedApiKey: ListedApiKey;
  LogRecord: LogRecord;
  Manifest: Manifest;
  MergeRequest: MergeRequest;
  PlanAnswer: PlanAnswer;
  ProblemDetails: ProblemDetails;
  PublishAnswer: PublishAnswer;
  PublishBody: PublishBody;
  PublishLayerAnswer: PublishLayerAnswer;
  PublishLayerRequest: PublishLayerRequest;
  QueuedAnswer: QueuedAnswer;
  RetryAnswer: RetryAnswer;
  RetryRequest: RetryRequest;
  RollbackAnswer: RollbackAnswer;
  RollbackRequest: RollbackRequest;
  Status: Status;
  TestTriggerRequest: TestTriggerRequest;
  TriggerDetail: TriggerDetail;
  TriggerList: readonly TriggerDetail[];
  TriggerTest: TriggerTest;
  UpdateApiKeyRequest: UpdateApiKeyRequest;
  VersionDetail: VersionDetail;
  VersionFile: VersionFile;
  VersionList: readonly VersionInfo[];
}
