import type { Socket } from 'node:net';
import type {
  Digest,
  DriverName,
  FunctionName,
  NetworkReach,
  Reclaimed,
  SandboxId,
  VersionNumber,
} from '../contract/index.ts';
import type { ExitStatus, Session, SessionHooks } from '../executor/session.ts';
import type { PinnedImage, Runtime } from '../runtimes/index.ts';

/** Provides unpacked code. Called before each boot and each bind, so it must be cheap for code that is present. */
export interface ArtifactSource {
  /** Host folder that all code is below; everybody may enter it, nobody else list it. */
  readonly folder: string;
  /** Resolves with the host folder of the complete, immutable code. Rejects with an error of the catalogue. */
  ensure(artifact: Digest): Promise<string>;
  /** Returns the host paths of an archive by which an artifact's code starts faster; it ends with the artifact. */
  startupArchive?(artifact: Digest, name: string): ArchivePaths;
}

/** Where an archive is kept. */
export interface ArchivePaths {
  readonly file: string;
  /** A name for it while it is written, on the same file system; what a daemon leaves there, the next one removes. */
  readonly draft: string;
}

/** What a sandbox is created from. */
export interface SandboxSpec {
  /** Chosen by the pool: 32 lower-case hex characters, never reused. */
  readonly id: SandboxId;
  readonly runtime: Runtime;
  /** The code, to be seen read-only; null makes a stem, which gets its code with {@link Sandbox.bind}. */
  readonly artifact: Digest | null;
  /** Its layers, to be seen read-only below `/opt`; null for none. A stem has them from the start. */
  readonly layers: Digest | null;
  /**
   * The function's environment, if its protocol needs it at process start (`_HANDLER` and AWS's variables included; the
   * driver adds `AWS_LAMBDA_RUNTIME_API` and `LAMBDA_TASK_ROOT`); empty if it arrives with init.
   */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: {
    readonly memoryMiB: number;
    readonly cpus: number;
    readonly pids: number;
    readonly tmpMiB: number;
  };
  readonly network: NetworkReach;
  readonly image: string | null;
  /** It runs nothing but its init, to write an archive of its code with {@link Sandbox.saveArchive}. */
  readonly recordsArchive?: boolean;
  /**
   * What was kept of an earlier sandbox of the same version, see {@link Sandbox.vacate}. `create` takes it over, and
   * frees it when it fails.
   */
  readonly place?: VacatedPlace;
  /** For labels, messages and the name of its archive; empty for a stem. */
  readonly functionName: FunctionName | '';
  /** For labels only; null for a stem, which is labelled with 0. */
  readonly version: VersionNumber | null;
}

/** The function that a stem is bound to. */
export interface BoundFunction {
  /** One with the stem's key; executables of several families have the same. */
  readonly runtime: Runtime;
  readonly artifact: Digest;
  /** As in {@link SandboxSpec.environment}. */
  readonly environment: Readonly<Record<string, string>>;
  /** For messages. */
  readonly functionName: FunctionName;
}

/** What is left of a sandbox whose code has ended: the contents of its `/tmp`. */
export interface VacatedPlace {
  /** Frees it instead of using it again. Idempotent; never rejects. */
  discard(): Promise<void>;
}

/** A running sandbox. No method throws after `destroy`. */
export interface Sandbox {
  readonly id: SandboxId;
  readonly session: Session;
  /** Folder of the code as the sandbox sees it; for a stem valid once it is bound. */
  readonly taskRoot: string;
  /**
   * Gives a stem its function's code, and starts it where its protocol starts a program for each function; called once,
   * before init. Rejects with `LAM_DRIVER_START_FAILED` or with an error of the artifact source; the caller must then
   * destroy the sandbox.
   */
  bind(bound: BoundFunction): Promise<void>;
  /** Settles when the process has ended, for any reason. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** Peak memory so far (MiB); 0 when not known yet. Cheap enough to call once per invocation. */
  peakMemoryMiB(): number;
  /** Whether others of its function would start faster from an archive that nothing has recorded yet. */
  readonly lacksArchive?: boolean;
  /**
   * Of one that records: ends its process in good order and keeps the archive it wrote; resolves with whether it did.
   * Never rejects. The caller must then destroy the sandbox.
   */
  saveArchive?(): Promise<boolean>;
  /**
   * Like {@link Sandbox.destroy}, but keeps `/tmp` for another sandbox of the same version; undefined when that is not
   * possible. Absent where it never is.
   */
  vacate?(): Promise<VacatedPlace | undefined>;
  /**
   * Kills the process and frees its resources (container, folders, sockets, cgroup). Idempotent; resolves when done.
   */
  destroy(): Promise<void>;
}

/** The container images of an engine. Every method also rejects with `LAM_DRIVER_DOCKER_UNREACHABLE`. */
export interface EngineImages {
  /** Loads the images of a tar that `docker save` wrote, under their names. Rejects with `LAM_DRIVER_IMAGE_REFUSED`. */
  load(file: string): Promise<void>;
  /** `name:tag` of all images, sorted, without lam's own. */
  names(): Promise<readonly string[]>;
  /**
   * Finds an image, which is pulled where the engine does not have it, and gives it a name of lam's own, so that it stays
   * as long as a version needs it. Rejects with `LAM_DRIVER_IMAGE_MISSING`.
   */
  keep(name: string): Promise<PinnedImage>;
}

/** The API by which functions call others; it checks the right of each caller. */
export interface CallDoor {
  /** Listens on this machine's loopback; resolves with the URL. Rejects with `LAM_DAEMON_LISTEN_FAILED`. */
  listen(): Promise<string>;
  /** Serves a connection that was made inside a sandbox. */
  accept(connection: Socket): void;
}

/**
 * Creates sandboxes of one kind. Everything it creates is labelled with the daemon's home, so that `reclaim` finds what
 * a killed daemon left.
 */
export interface SandboxDriver {
  readonly name: DriverName;
  /** What this driver does not isolate or limit on this machine, one sentence each. */
  readonly gaps: readonly string[];
  /**
   * Lets code in its sandboxes reach this API, also without a network; resolves with the API's URL as the code sees it.
   * Called at most once, before the first `create`. Absent: functions cannot call others.
   */
  carryCalls?(door: CallDoor): Promise<string>;
  /**
   * Checks that the runtime can run: throws `LAM_DRIVER_RUNTIME_MISSING` without its interpreter; resolves with a
   * notice for the author when another version than configured will run, else null.
   */
  prepare(runtime: Runtime, image: string | null): Promise<string | null>;
  /** Specs with equal keys can share stems; null where no stem can be booted. Pure and cheap. */
  stemKey(spec: Omit<SandboxSpec, 'id'>): string | null;
  /**
   * Boots a sandbox; resolves when its session accepts `init`. Rejects with a `LAM_DRIVER_*` error or that of the
   * artifact source, and then leaves nothing behind. The time it takes counts as boot, not as init.
   * @param place of an earlier sandbox of the same version, to be used if it is there; becomes `spec.place`
   */
  create(spec: SandboxSpec, hooks: SessionHooks, place?: Promise<VacatedPlace | undefined>): Promise<Sandbox>;
  /**
   * Removes the images that lam keeps for functions of this home, except those with `kept` ids. Returns how many.
   * Rejects with a `LAM_DRIVER_*` error.
   */
  removeImages(kept: ReadonlySet<string>): Promise<number>;
  /** The images of its engine; absent where it has none. */
  readonly images?: EngineImages;
  /** Kills and removes what an earlier daemon of the same home left. Called before the first `create`. */
  reclaim(): Promise<Reclaimed>;
  /** Destroys all its sandboxes and closes its listeners. Idempotent. */
  close(): Promise<void>;
}
