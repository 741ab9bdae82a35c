import { lamError } from '../../../errors/index.ts';
import type { ExitStatus, Session } from '../../../executor/index.ts';
import type { Sandbox } from '../../sandbox.ts';
import { INSIDE } from './container-spec.ts';
import type { SandboxId } from '../../../contract/index.ts';

/** A sandbox without a container, for code without a valid entry point: its session answers init with the error. */
export class EntrypointSandbox implements Sandbox {
  readonly id: SandboxId;
  readonly session: Session;
  readonly taskRoot = INSIDE.taskRoot;
  readonly exited: Promise<ExitStatus>;
  readonly #exit: (status: ExitStatus) => void;
  readonly #free: () => Promise<void>;

  constructor(id: SandboxId, session: Session, free: () => Promise<void>) {
    this.id = id;
    this.session = session;
    this.#free = free;
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    this.exited = promise;
    this.#exit = resolve;
  }

  bind(): Promise<void> {
    return Promise.reject(lamError('LAM_INTERNAL_INVARIANT', { what: 'only a stem can be bound' }));
  }

  peakMemoryMiB(): number {
    return 0;
  }

  async destroy(): Promise<void> {
    this.session.close();
    this.#exit({ code: null, signal: 'SIGKILL', outOfMemory: false });
    await this.#free();
  }
}
