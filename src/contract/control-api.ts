import type { DriverName } from './driver-name.ts';
import type { FunctionConfig } from './function-config.ts';
import type { Digest, NodeId } from './ids.ts';
import type { ShortForms, TriggerConfig, TriggerState } from './trigger.ts';
import type { FunctionName, AliasName, VersionNumber } from './names.ts';

/**
 * The control API: JSON over HTTP on the Unix socket of the home (0700: only its owner), and on the HTTP port for
 * requests with the daemon's token. Errors are `{"error": WireError}` with the status of their kind.
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
  gc: '/_lam/v1/gc',
  df: '/_lam/v1/df',
  function: (name: FunctionName): string => `/_lam/v1/functions/${encodeURIComponent(name)}`,
  /** POST {@link PublishRequest}: publishes the next version and makes it live. */
  versions: (name: FunctionName): string => `${CONTROL.function(name)}/versions`,
  version: (name: FunctionName, version: VersionNumber): string => `${CONTROL.function(name)}/versions/${version}`,
  rollback: (name: FunctionName): string => `${CONTROL.function(name)}/rollback`,
  /** PATCH {@link ConfigPatch}. */
  config: (name: FunctionName): string => `${CONTROL.function(name)}/config`,
  alias: (name: FunctionName, alias: AliasName): string =>
    `${CONTROL.function(name)}/aliases/${encodeURIComponent(alias)}`,
  /** GET, query as {@link LogQueryParameters}; NDJSON of LogRecord. */
  logs: (name: FunctionName): string => `${CONTROL.function(name)}/logs`,
} as const;

/**
 * Body of POST artifacts: u32 big-endian length of the manifest's JSON, that JSON, then a zip (may be empty: 0 bytes).
 */
export const ARTIFACT_CONTENT_TYPE = 'application/vnd.lam.artifact';

export interface Status {
  readonly pid: number;
  /** lam's version. */
  readonly version: string;
  readonly port: number;
  readonly host: string;
  /** Allowed Host names besides the machine's own; absent where there are none. */
  readonly allowedHosts?: readonly string[];
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
}

/** Settings that the author made; other fields take their defaults. */
export type ConfigInput = Partial<FunctionConfig> & ShortForms;

/** A complete configuration as answers show it: triggers with a short form appear in both forms. */
export type ShownConfig = FunctionConfig & Required<ShortForms>;

export interface PublishRequest {
  readonly artifact: Digest;
  readonly config: ConfigInput;
  readonly message?: string;
  /** Author of the request, as `user@host`. */
  readonly by?: string;
  /** Also points this alias at the new version. */
  readonly alias?: AliasName;
  /** Validates without changing anything. */
  readonly dryRun?: boolean;
}

export interface PublishAnswer {
  readonly name: FunctionName;
  readonly version: VersionNumber;
  /** Nothing was published, because the live version has the same artifact and configuration. */
  readonly unchanged: boolean;
  /** The version that was live before, or null. */
  readonly previous: VersionNumber | null;
  readonly url: string;
  /** Sentences for the user, for instance that another runtime than the requested one will run. */
  readonly notices: readonly string[];
}

export interface RollbackRequest {
  /** Default: the version that was live before the current one. */
  readonly to?: VersionNumber;
  readonly message?: string;
  readonly by?: string;
  readonly dryRun?: boolean;
}

export interface RollbackAnswer {
  readonly name: FunctionName;
  readonly from: VersionNumber;
  readonly to: VersionNumber;
  /** Number of warm sandboxes of the version that is live now. */
  readonly warm: number;
  /** Sentences for the user, for instance that another runtime than the requested one will run. */
  readonly notices: readonly string[];
}

/**
 * Changes live settings, which win over lam.yaml until they are unset. Publishes a version when the configuration
 * changes.
 */
export interface ConfigPatch {
  /** Fields of FunctionConfig except `environment`, in their units; and short forms of triggers. */
  readonly set?: Omit<ConfigInput, 'environment'>;
  readonly unset?: readonly (keyof ConfigInput)[];
  readonly setEnvironment?: Readonly<Record<string, string>>;
  readonly unsetEnvironment?: readonly string[];
  readonly message?: string;
  readonly by?: string;
}

export interface AliasRequest {
  readonly version: VersionNumber;
  readonly message?: string;
  readonly by?: string;
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
  readonly url: string;
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
  readonly createdAt: number;
  readonly by: string;
  readonly message: string;
  readonly size: number;
  readonly live: boolean;
  readonly aliases: readonly string[];
}

/** One move of the live pointer or of an alias. */
export interface Movement {
  readonly at: number;
  readonly by: string;
  readonly action: 'deploy' | 'rollback' | 'config' | 'alias';
  /** The alias that moved; undefined for the live pointer. */
  readonly alias?: AliasName;
  readonly from: VersionNumber | null;
  readonly to: VersionNumber | null;
  readonly message: string;
}

export interface FunctionDetail extends FunctionSummary {
  readonly createdAt: number;
  readonly arn: string;
  readonly config: ShownConfig;
  /** Settings made with `lam config` and `lam env`, which win over lam.yaml. */
  readonly overrides: ConfigInput;
  readonly aliases: Readonly<Record<string, VersionNumber>>;
  /** Newest first. */
  readonly allVersions: readonly VersionInfo[];
  /** Newest first. */
  readonly history: readonly Movement[];
  /** Triggers that the daemon runs; those of type `http` are served with the port and are not among them. */
  readonly triggerStates: readonly TriggerState[];
}

/** Default number of newest versions that gc keeps of each function. */
export const GC_KEEP = 10;

export interface GcRequest {
  /**
   * Newest versions to keep per function, by default {@link GC_KEEP}. The live version and those with an alias are
   * always kept.
   */
  readonly keep?: number;
  readonly dryRun?: boolean;
}

export interface GcAnswer {
  readonly versions: readonly { readonly name: FunctionName; readonly version: VersionNumber }[];
  readonly artifacts: number;
  readonly files: number;
  /** Disk space freed (bytes). */
  readonly bytes: number;
}

/** Disk usage (bytes). */
export interface DfAnswer {
  readonly home: string;
  readonly functions: readonly {
    readonly name: FunctionName;
    readonly versions: number;
    /** Sum of the unpacked sizes of its versions, counting shared files each time. */
    readonly logical: number;
    /** Size of the files that only this function's versions use. */
    readonly unique: number;
    readonly logs: number;
  }[];
  readonly objects: { readonly count: number; readonly bytes: number };
  readonly artifacts: number;
  readonly logs: number;
  readonly catalogue: number;
  readonly total: number;
  /** What `lam gc` would free now. */
  readonly reclaimable: number;
}
