import type { Digest, Reclaimed } from '../contract/index.ts';
import type { ExitStatus, Session, SessionHooks } from '../executor/session.ts';
import type { Runtime } from '../runtimes/index.ts';

export type SandboxId = string;

/** Where drivers get code from. Asked before each boot and each bind, so what is there already must cost next to nothing. */
export interface ArtifactSource {
  /** Resolves with the host folder of the unpacked code, which is whole and does not change. Rejects with an error of the catalogue. */
  ensure(artifact: Digest): Promise<string>;
}

/** What a sandbox is made from. */
export interface SandboxSpec {
  /** Chosen by the pool: 32 lower-case hex characters, never reused. */
  readonly id: SandboxId;
  readonly runtime: Runtime;
  /** The code, to be seen read-only; null makes a stem, which gets its code with {@link Sandbox.bind}. */
  readonly artifact: Digest | null;
  /**
   * Variables the process is started with. For `runtime-api` sandboxes: all of them (the caller includes `_HANDLER`
   * and AWS's own, the driver adds `AWS_LAMBDA_RUNTIME_API`, `LAMBDA_TASK_ROOT` and what the place itself decides).
   * For `frames`: empty, because they arrive with init.
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
  /** For labels and log lines only; empty and 0 for a stem. */
  readonly functionName: string;
  readonly version: number;
}

/** One live sandbox. No method throws after `destroy`. */
export interface Sandbox {
  readonly id: SandboxId;
  readonly session: Session;
  /** Where the code is, as seen from inside; of a stem only once it is bound. */
  readonly taskRoot: string;
  /**
   * Gives a stem the code it is to run. Once, and before init. Rejects with `LAM_DRIVER_START_FAILED` or with what the
   * artifact source rejects with; then the sandbox is to be destroyed.
   */
  bind(artifact: Digest): Promise<void>;
  /** Settles once, when the process is gone, for whatever reason. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** The most memory it used so far, MiB; 0 where the driver can't tell yet. Cheap enough to call once per invocation. */
  peakMemoryMiB(): number;
  /** Ends the process and frees all it held (container, folders, sockets, cgroup). Idempotent; resolves when done. */
  destroy(): Promise<void>;
}

/**
 * Makes sandboxes of one kind. Everything it creates carries the daemon's home as a label, so that `reclaim` can
 * find what a killed daemon left.
 */
export interface SandboxDriver {
  readonly name: 'docker' | 'process';
  /** What this driver does not isolate or limit on this machine, a sentence each; empty when nothing is missing. */
  readonly gaps: readonly string[];
  /**
   * Throws `LAM_DRIVER_RUNTIME_MISSING` when the interpreter is not to be had; otherwise resolves with a notice for the
   * author when another version than the one asked for will run, or null.
   */
  prepare(runtime: Runtime, image: string | null): Promise<string | null>;
  /** Specs of the same key can be served by the same stem; null where such a sandbox can't be booted ahead. Pure and cheap. */
  stemKey(spec: SandboxSpec): string | null;
  /**
   * Boots a sandbox and resolves when its session can be given `init`. Rejects with a `LAM_DRIVER_*` error when the
   * place can't be made; on rejection nothing is left behind. The time this takes is the boot, not the init.
   */
  create(spec: SandboxSpec, hooks: SessionHooks): Promise<Sandbox>;
  /** Ends and removes what an earlier daemon of the same home left behind. Called before the first `create`. */
  reclaim(): Promise<Reclaimed>;
  /** Destroys all sandboxes it made and frees its listeners. Idempotent. */
  close(): Promise<void>;
}
