import type { Digest, DriverName, FunctionName, Reclaimed, SandboxId, VersionNumber } from '../contract/index.ts';
import type { ExitStatus, Session, SessionHooks } from '../executor/session.ts';
import type { Runtime } from '../runtimes/index.ts';

/** Provides unpacked code. Called before each boot and each bind, so it must be cheap for code that is present. */
export interface ArtifactSource {
  /** Resolves with the host folder of the complete, immutable code. Rejects with an error of the catalogue. */
  ensure(artifact: Digest): Promise<string>;
}

/** What a sandbox is created from. */
export interface SandboxSpec {
  /** Chosen by the pool: 32 lower-case hex characters, never reused. */
  readonly id: SandboxId;
  readonly runtime: Runtime;
  /** The code, to be seen read-only; null makes a stem, which gets its code with {@link Sandbox.bind}. */
  readonly artifact: Digest | null;
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
  readonly network: 'on' | 'none';
  readonly image: string | null;
  /** For labels and messages only; empty for a stem. */
  readonly functionName: FunctionName | '';
  /** For labels only; null for a stem, which is labelled with 0. */
  readonly version: VersionNumber | null;
}

/** A running sandbox. No method throws after `destroy`. */
export interface Sandbox {
  readonly id: SandboxId;
  readonly session: Session;
  /** Folder of the code as the sandbox sees it; for a stem valid once it is bound. */
  readonly taskRoot: string;
  /**
   * Gives a stem its code; called once, before init. Rejects with `LAM_DRIVER_START_FAILED` or with an error of the
   * artifact source; the caller must then destroy the sandbox.
   */
  bind(artifact: Digest): Promise<void>;
  /** Settles when the process has ended, for any reason. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** Peak memory so far (MiB); 0 when not known yet. Cheap enough to call once per invocation. */
  peakMemoryMiB(): number;
  /**
   * Kills the process and frees its resources (container, folders, sockets, cgroup). Idempotent; resolves when done.
   */
  destroy(): Promise<void>;
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
   * Checks that the runtime can run: throws `LAM_DRIVER_RUNTIME_MISSING` without its interpreter; resolves with a
   * notice for the author when another version than configured will run, else null.
   */
  prepare(runtime: Runtime, image: string | null): Promise<string | null>;
  /** Specs with equal keys can share stems; null where no stem can be booted. Pure and cheap. */
  stemKey(spec: Omit<SandboxSpec, 'id'>): string | null;
  /**
   * Boots a sandbox; resolves when its session accepts `init`. Rejects with a `LAM_DRIVER_*` error or that of the
   * artifact source, and then leaves nothing behind. The time it takes counts as boot, not as init.
   */
  create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox>;
  /** Kills and removes what an earlier daemon of the same home left. Called before the first `create`. */
  reclaim(): Promise<Reclaimed>;
  /** Destroys all its sandboxes and closes its listeners. Idempotent. */
  close(): Promise<void>;
}
