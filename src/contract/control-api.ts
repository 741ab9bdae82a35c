import type { AwsSettings } from './arns.ts';
import type { AccessLogFormat } from './access-log.ts';
import type { Manifest } from './artifact.ts';
import type { DriverName } from './driver-name.ts';
import type { ConfigInput, FunctionConfig, FlagSettings, ShownConfig } from './function-config.ts';
import type { ThrottleCounts } from './function-limits.ts';
import type { Digest, NodeId } from './ids.ts';
import type { LayersOfSettings } from './setting-layers.ts';
import type { ShortForms, TriggerConfig, TriggerState } from './trigger.ts';
import type { FunctionName, AliasName, VersionNumber } from './names.ts';

/**
 * The control API: JSON over HTTP on the Unix socket of the home (0700: only its owner), and on the HTTP port for
 * requests with the daemon's token. Errors are {@link ProblemDetails} with the status of their kind.
 * Functions are invoked at AWS's path, `POST /2015-03-31/functions/{name}/invocations`, on the socket and on the port.
 */
export const CONTROL = {
  status: '/_lam/v1/status',
  stop: '/_lam/v1/stop',
  functions: '/_lam/v1/functions',
  /** POST a manifest; answers which files the daemon lacks. */
  artifactPlan: '/_lam/v1/artifacts/plan',
  /** POST {@link ARTIFACT_CONTENT_TYPE}: a manifest and a zip of the files that were missing. */
  artifacts: '/_lam/v1/artifacts',
  /** POST a zip; the daemon makes the manifest. */
  artifactsZip: '/_lam/v1/artifacts/zip',
  /** GET {@link ARTIFACT_FILES_TYPE}: what an artifact holds. */
  artifactFiles: (artifact: string): string => `/_lam/v1/artifacts/${encodeURIComponent(artifact)}/files`,
  /** POST `{artifacts}`, digests; answers {@link ArtifactAnswer} of all together, later ones over earlier ones. */
  artifactsMerge: '/_lam/v1/artifacts/merge',
  gc: '/_lam/v1/gc',
  df: '/_lam/v1/df',
  function: (name: string): string => `/_lam/v1/functions/${encodeURIComponent(name)}`,
  /** GET {@link VersionInfo}s; POST {@link PublishRequest}: publishes the next version and makes it live. */
  versions: (name: string): string => `${CONTROL.function(name)}/versions`,
  /** GET {@link VersionDetail}; DELETE removes the version. */
  version: (name: string, version: number): string => `${CONTROL.function(name)}/versions/${version}`,
  /** GET, query `path`; answers {@link VersionFile}. */
  versionFile: (name: string, version: number, path: string): string =>
    `${CONTROL.version(name, version)}/file?path=${encodeURIComponent(path)}`,
  /** POST an event; answers {@link InvokedAnswer}. */
  invoke: (name: string): string => `${CONTROL.function(name)}/invoke`,
  /** POST an event; answers {@link QueuedAnswer}. */
  queue: (name: string): string => `${CONTROL.function(name)}/invocations`,
  rollback: (name: string): string => `${CONTROL.function(name)}/rollback`,
  /** GET {@link ConfigDetail}; PATCH {@link ConfigPatch}. */
  config: (name: string): string => `${CONTROL.function(name)}/config`,
  /** GET {@link AliasDetail}s. */
  aliases: (name: string): string => `${CONTROL.function(name)}/aliases`,
  /** GET {@link AliasDetail}; PUT {@link AliasRequest}; DELETE {@link ChangeNote} removes the alias. */
  alias: (name: string, alias: string): string => `${CONTROL.function(name)}/aliases/${encodeURIComponent(alias)}`,
  /** GET, query as {@link LogQuery}, `follow=1`, `mark=1`; NDJSON of LogRecord. */
  logs: (name: string): string => `${CONTROL.function(name)}/logs`,
  /** GET, query `type` (default: all types); answers {@link TriggerDetail}s of the triggers that the daemon runs. */
  triggers: (type?: string): string =>
    `/_lam/v1/triggers${type === undefined ? '' : `?type=${encodeURIComponent(type)}`}`,
  /** GET {@link TriggerDetail}; POST with an action at the end: `pause`, `resume`, or `run`, which answers the id of the invocation. */
  trigger: (name: string, type: string, trigger: string, action?: 'pause' | 'resume' | 'run' | 'test'): string =>
    `${CONTROL.function(name)}/triggers/${encodeURIComponent(type)}/${encodeURIComponent(trigger)}${action === undefined ? '' : `/${action}`}`,
  /** GET, query as {@link AsyncQuery} with `function` for the name; answers {@link AsyncPage}. */
  invocations: '/_lam/v1/invocations',
  /** GET, query `wait` (ms); answers {@link AsyncResult}. */
  invocation: (id: string): string => `/_lam/v1/invocations/${encodeURIComponent(id)}`,
  /** GET; answers `{event}`, its text. */
  invocationEvent: (id: string): string => `${CONTROL.invocation(id)}/event`,
  /** POST; answers the {@link AsyncInvocation} as it was before. */
  cancelInvocation: (id: string): string => `${CONTROL.invocation(id)}/cancel`,
  /** POST `{version}`, optional; answers `{id}`. */
  retryInvocation: (id: string): string => `${CONTROL.invocation(id)}/retry`,
  /** GET; answers {@link AsyncCounts} by function, and under names such as `hello:onFailure` for records on their way. */
  eventCounts: '/_lam/v1/events',
  /** POST {@link DeadLettersRequest}; answers `{count}`. */
  deadLetters: (action: 'redrive' | 'purge' | 'count'): string => `/_lam/v1/dead-letters/${action}`,
  /** GET, query as {@link AuditQuery} and `follow=1`; answers {@link AuditEntry}s as NDJSON. */
  audit: '/_lam/v1/audit',
  /** GET {@link ListedApiKey}s; POST {@link CreateApiKeyRequest}, answers {@link CreateApiKeyAnswer}. */
  apiKeys: '/_lam/v1/keys',
  /** PATCH {@link UpdateApiKeyRequest} changes the key; answers {@link ListedApiKey}. DELETE revokes it; answers {@link ApiKeyDetail}. */
  apiKey: (name: string): string => `/_lam/v1/keys/${encodeURIComponent(name)}`,
  /** GET: the newest version of each layer; query `name`: all versions of that one. */
  layers: '/_lam/v1/layers',
  /** POST {@link PublishLayerRequest}: publishes the next version. */
  layer: (name: string): string => `/_lam/v1/layers/${encodeURIComponent(name)}`,
  /** GET {@link LayerVersionDetail}; DELETE removes the version. */
  layerVersion: ({ name, version }: { readonly name: string; readonly version: number }): string =>
    `${CONTROL.layer(name)}/${version}`,
} as const;

/**
 * Body of POST artifacts: u32 big-endian length of the manifest's JSON, that JSON, then a zip (may be empty: 0 bytes).
 */
export const ARTIFACT_CONTENT_TYPE = 'application/vnd.lam.artifact';

/**
 * Answer of GET artifact files: u32 big-endian length of the manifest's JSON, that JSON, then the contents of its files
 * one after the other, in its order.
 */
export const ARTIFACT_FILES_TYPE = 'application/vnd.lam.artifact-files';

export interface Status {
  readonly pid: number;
  /** lam's version. */
  readonly version: string;
  /** Which build of that version it was started from; absent for the single binary, which does not change. */
  readonly build?: string;
  readonly port: number;
  readonly host: string;
  /** Allowed Host names besides the machine's own; absent where there are none. */
  readonly allowedHosts?: readonly string[];
  /** Format of the access log; absent where there is none. */
  readonly accessLog?: AccessLogFormat;
  /** Port of Glambdar's API alone, `off` if it is served nowhere; absent where it is served beside functions only. */
  readonly glambdar?: 'off' | number;
  /** What it was told of AWS's account, region and services; absent for nothing. */
  readonly aws?: AwsSettings;
  /** Port of Mini-Lambda's API; absent where it is not served. */
  readonly miniLambda?: number;
  /** Base URL of the HTTP port, without a slash at the end. */
  readonly url: string;
  readonly home: string;
  /** Id of this node: random, the same for the life of the home. */
  readonly node: NodeId;
  readonly driver: DriverName;
  /** Why that driver was chosen, in one sentence. */
  readonly driverReason: string;
  /** Gaps in the isolation by the driver on this machine, one sentence each. */
  readonly gaps: readonly string[];
  readonly startedAt: number;
  readonly functions: number;
  /** `stems`: booted ahead and not bound to a function yet. */
  readonly sandboxes: {
    readonly starting: number;
    readonly idle: number;
    readonly busy: number;
    readonly stems: number;
  };
  /** Sum of the memory limits of all sandboxes, stems included, and its upper bound (MiB). */
  readonly memory: { readonly usedMiB: number; readonly budgetMiB: number };
  /** The driver and the limit of memory (MiB) that it was told; absent members: it chose them. */
  readonly asked?: { readonly driver?: DriverName; readonly memoryMiB?: number };
  /** Leftovers of a killed daemon that were removed at start. */
  readonly reclaimed: Reclaimed;
}

export interface Reclaimed {
  readonly containers: number;
  readonly processes: number;
  /** Stale sockets, locks, folders and half-written files. */
  readonly files: number;
}

export interface PlanAnswer {
  readonly artifact: Digest;
  /** Whether the daemon has the whole artifact. */
  readonly known: boolean;
  /** Digests of the files it lacks, without duplicates. */
  readonly missing: readonly Digest[];
}

export interface ArtifactAnswer {
  readonly artifact: Digest;
  readonly files: number;
  /** Unpacked size (bytes). */
  readonly size: number;
  /** Size of the files that were new to the store (bytes). */
  readonly added: number;
  /** Stored files that were lost or altered, and artifacts whose unpacked code was: the upload healed them. */
  readonly repaired?: { readonly files: number; readonly artifacts: number };
}

/** A zip as it was uploaded, kept beside the files that were unpacked from it. */
export interface KeptZip {
  /** The artifact whose only file it is. */
  readonly artifact: Digest;
  /** Bytes. */
  readonly size: number;
  /** Of its bytes, in base64. */
  readonly sha256: string;
}

/** What APIs of other products keep of a function or a version, by the name of the API. lam itself reads none of it. */
export type ForeignFacts = Readonly<Record<string, unknown>>;

export interface PublishRequest {
  readonly artifact: Digest;
  /** The zip that the code came in; absent if it did not come in one. */
  readonly zip?: KeptZip;
  /** Kept with the version, and part of what makes it differ from another one. */
  readonly foreign?: ForeignFacts;
  /** Settings whose live values end with this deploy. */
  readonly replaces?: readonly (keyof FunctionConfig)[];
  /** Refuses the deploy if the function is not as it was seen: null for one that did not exist. */
  readonly onto?: { readonly live: VersionNumber; readonly updatedAt: number } | null;
  /** Settings of lam.yaml. */
  readonly config: ConfigInput;
  /** Win over all other settings, for this deploy; live settings of the same name are removed. */
  readonly flags?: FlagSettings;
  readonly message?: string;
  /** Author of the request, as `user@host`. */
  readonly by?: string;
  /** Also points this alias at the new version. */
  readonly alias?: AliasName;
  /** Functions that the same deploy publishes: no notice says that they do not exist. */
  readonly alongside?: readonly string[];
  /** Validates without changing anything. */
  readonly dryRun?: boolean;
  /** Whether the version's code is loaded once in a sandbox before the pointer moves; default: true. */
  readonly verify?: boolean;
}

export interface PublishAnswer {
  readonly name: FunctionName;
  readonly version: VersionNumber;
  /** Nothing was published, because the live version has the same artifact and configuration. */
  readonly unchanged: boolean;
  /** The version that was live before, or null. */
  readonly previous: VersionNumber | null;
  readonly url: string;
  readonly endpoints: FunctionSummary['endpoints'];
  /** Sentences for the user, for instance that another runtime than the requested one will run. */
  readonly notices: readonly string[];
}

export interface RollbackRequest {
  /** Default: the version that was live before the current one. */
  readonly to?: VersionNumber;
  readonly message?: string;
  readonly by?: string;
  readonly dryRun?: boolean;
  /** Whether the version's code is loaded once in a sandbox before the pointer moves; default: true. */
  readonly verify?: boolean;
}

export interface RollbackAnswer {
  readonly name: FunctionName;
  /** Equal to `to` if that was live already; nothing changed then. */
  readonly from: VersionNumber;
  readonly to: VersionNumber;
  /** Number of warm sandboxes of the version that is live now. */
  readonly warm: number;
  /** Sentences for the user, for instance that another runtime than the requested one will run. */
  readonly notices: readonly string[];
}

/** Settings to make live. */
export type LiveSettings = Omit<ConfigInput, 'environment'>;

/** Environment variables to set. */
export type EnvironmentChange = Readonly<Record<string, string>>;

/** Name of a setting. */
export type SettingName = keyof ConfigInput;

/**
 * Changes live settings, which win over lam.yaml until they are unset. Publishes a version when the configuration
 * changes.
 */
export interface ConfigPatch {
  /** Fields of FunctionConfig except `environment`, in their units; and short forms of triggers. */
  readonly set?: LiveSettings;
  readonly unset?: readonly SettingName[];
  /**
   * Triggers to add to what is in effect, in short form or as whole entries; one of the same name is replaced. The lists
   * of their kinds are then live settings.
   */
  readonly add?: ShortForms & { readonly triggers?: readonly TriggerConfig[] };
  /** Names of triggers to remove from what is in effect; those in `triggers` as `TYPE:NAME`. */
  readonly remove?: Readonly<Partial<Record<keyof ShortForms | 'triggers', readonly string[]>>>;
  readonly setEnvironment?: EnvironmentChange;
  readonly unsetEnvironment?: readonly string[];
  readonly message?: string;
  readonly by?: string;
  /** Whether the version's code is loaded once in a sandbox before the pointer moves; default: true. */
  readonly verify?: boolean;
}

/** How an alias divides its requests among several versions. */
export interface AliasRouting {
  /**
   * Percentage of requests by version number, besides the alias's own version, which receives the rest. More than 0
   * each, at most 100 together.
   */
  readonly weights: Readonly<Record<string, number>>;
  /**
   * Name of a request header, in lower case: requests with the same value reach the same version. Requests without it,
   * or all if it is absent, are divided at random.
   */
  readonly sticky?: string;
}

/** Who makes a change and why, for the history. */
export interface ChangeNote {
  readonly message?: string;
  /** Author of the request, as `user@host`. */
  readonly by?: string;
}

export interface AliasRequest {
  readonly version: VersionNumber;
  /** Absent: all requests reach `version`. */
  readonly routing?: AliasRouting;
  readonly message?: string;
  readonly by?: string;
  /** Whether the version's code is loaded once in a sandbox before the pointer moves; default: true. */
  readonly verify?: boolean;
}

export interface AliasAnswer {
  readonly alias: AliasName;
  /** Null for a new alias. */
  readonly from: VersionNumber | null;
  readonly to: VersionNumber;
  /** Sentences for the user, for instance that another runtime than the requested one will run. */
  readonly notices: readonly string[];
}

export interface FunctionSummary {
  readonly name: FunctionName;
  readonly runtime: string;
  readonly live: VersionNumber;
  readonly versions: number;
  /** Its own URL, which routes with `auth` and webhooks close to callers without the daemon's token. */
  readonly url: string;
  /** Where it answers: its own URL, or where that is closed, those of its routes and webhooks: `GET http://127.0.0.1:8000/orders`. */
  readonly endpoints: readonly string[];
  /** Triggers of type `http`, in their short form. */
  readonly routes: readonly string[];
  /** Of the live version. */
  readonly triggers: readonly TriggerConfig[];
  /** When the live pointer last moved. */
  readonly updatedAt: number;
  readonly sandboxes: { readonly starting: number; readonly idle: number; readonly busy: number };
}

export interface VersionInfo {
  readonly version: VersionNumber;
  readonly artifact: Digest;
  readonly config: ShownConfig;
  /** Where the values of `config` come from. */
  readonly layers: LayersOfSettings;
  readonly createdAt: number;
  readonly by: string;
  readonly message: string;
  readonly size: number;
  readonly live: boolean;
  readonly aliases: readonly string[];
  /** Absent when the version passed its check before it went live, and for versions of older daemons. */
  readonly check?: VersionCheck;
  readonly zip?: KeptZip;
  readonly foreign?: ForeignFacts;
}

/** Why a version does not count as checked: its code failed to load, or it was not loaded before it went live. */
export interface VersionCheck {
  readonly result: 'failed' | 'skipped';
  /** In one line. */
  readonly reason: string;
}

/** A version with the files of its artifact. */
export interface VersionDetail extends VersionInfo {
  readonly name: FunctionName;
  /** Sorted by path. */
  readonly files: Manifest['entries'];
}

/** Longest file whose text is answered (bytes). */
export const FILE_TEXT_BYTES = 64 * 1024;

/** A file of a version. */
export interface VersionFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Null for files that are not UTF-8 text, or longer than {@link FILE_TEXT_BYTES}. */
  readonly text: string | null;
}

/** One move of the live pointer or of an alias. */
export interface Movement {
  readonly at: number;
  readonly by: string;
  readonly action: 'deploy' | 'rollback' | 'config' | 'alias';
  /** The alias that moved; undefined for the live pointer. */
  readonly alias?: AliasName;
  readonly from: VersionNumber | null;
  /** The same as `from` where limits were changed, which makes no version. */
  readonly to: VersionNumber | null;
  /** Division of the alias's requests from then on, if it has one. */
  readonly routing?: AliasRouting;
  readonly message: string;
}

export interface FunctionDetail extends FunctionSummary {
  readonly createdAt: number;
  readonly arn: string;
  readonly config: ShownConfig;
  /** Where the values of `config` come from. */
  readonly layers: LayersOfSettings;
  /** Settings made with `lam config` and `lam env`, which win over lam.yaml. */
  readonly overrides: ConfigInput;
  readonly aliases: Readonly<Record<string, VersionNumber>>;
  /** Of the aliases that divide their requests among several versions. */
  readonly aliasRouting: Readonly<Record<string, AliasRouting>>;
  /** Where a rollback without a version goes; null if there is no such version. */
  readonly previous: VersionNumber | null;
  /** Newest first. */
  readonly allVersions: readonly VersionInfo[];
  /** Newest first. */
  readonly history: readonly Movement[];
  /** Triggers that the daemon runs; those of type `http` are served with the port and are not among them. */
  readonly triggerStates: readonly TriggerState[];
  /** Requests that its limits refused since the daemon started. */
  readonly throttled: ThrottleCounts;
  /** By qualifier: sandboxes that are kept warm of the version to which it leads; absent for none. */
  readonly provisioned?: Readonly<Record<string, ProvisionedQualifier>>;
  readonly foreign?: ForeignFacts;
}

/** Which pages of other origins may call a function at its own URL. Members as in the option `cors` of routes. */
export interface OwnUrlCors {
  readonly origins: readonly string[];
  readonly methods?: readonly string[];
  readonly headers?: readonly string[];
  readonly exposeHeaders?: readonly string[];
  readonly credentials?: boolean;
  /** Seconds. */
  readonly maxAge?: number;
}

/** Who may call a function at its own URL: everyone, or who signs as AWS's clients do with a key that may invoke it. */
export type OwnUrlAuth = 'none' | 'aws-iam';

/** What was set of a function's own URL, or of that of an alias. */
export interface OwnUrlSettings {
  /** Absent: no pages of other origins. */
  readonly cors?: OwnUrlCors | undefined;
  /** Absent: everyone, unless another URL of the function wants signatures. */
  readonly auth?: OwnUrlAuth | undefined;
}

/** Sandboxes that are kept warm for a version or an alias. */
export interface ProvisionedQualifier {
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** A change of the live version: what is absent stays as it is. */
export interface AmendRequest extends Pick<PublishRequest, 'by' | 'message' | 'dryRun' | 'verify' | 'onto'> {
  /** New code. */
  readonly code?: { readonly artifact: Digest; readonly zip?: KeptZip };
  /** New values of settings. Each ends the live value of the same setting. */
  readonly config?: ConfigInput;
  /** Replaces the facts of the APIs that it names. */
  readonly foreign?: ForeignFacts;
}
