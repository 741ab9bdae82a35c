import type { FunctionName, VersionNumber } from './names.ts';

/** Default number of newest versions that gc keeps of each function. */
export const GC_KEEP = 10;

export interface GcRequest {
  /**
   * Newest versions to keep per function, by default {@link GC_KEEP}. The live version and those with an alias are
   * always kept.
   */
  readonly keep?: number;
  /** If given, no other versions are deleted: those that the user was asked about. */
  readonly only?: readonly NamedVersion[];
  readonly dryRun?: boolean;
}

/** A version and its function. */
export interface NamedVersion {
  readonly name: FunctionName;
  readonly version: VersionNumber;
}

export interface GcAnswer {
  readonly versions: readonly NamedVersion[];
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
  /** Asynchronous invocations with their events and results. */
  readonly queue: number;
  /** Files that destinations have written. */
  readonly destinations: number;
  readonly total: number;
  /** What `lam gc` would free now. */
  readonly reclaimable: number;
}
