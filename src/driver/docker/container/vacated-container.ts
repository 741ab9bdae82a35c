import type { Clock } from '../../../kit/index.ts';
import type { SandboxId } from '../../../contract/index.ts';
import type { VacatedPlace } from '../../sandbox.ts';
import { answerOf } from '../engine/engine-answer.ts';
import { begun, type RunningContainer, type Started } from './start-container.ts';

export interface VacatedParts {
  readonly running: RunningContainer;
  readonly clock: Clock;
  /** Of the sandbox whose folder of sockets is mounted. */
  readonly id: SandboxId;
  /** By which a bootstrap in it identifies itself; undefined on the Runtime API. */
  readonly token: string | undefined;
  /** Frees the code folder of the stem that it was, if it was one. */
  readonly freeCode: () => Promise<void>;
  /** Frees all that it has. */
  readonly free: () => Promise<void>;
}

/** A container whose processes are ended but for the one that starts its code. */
export class VacatedContainer implements VacatedPlace {
  readonly id: SandboxId;
  readonly token: string | undefined;
  readonly free: () => Promise<void>;
  readonly freeCode: () => Promise<void>;
  readonly #parts: VacatedParts;
  #isTaken = false;
  #discarded: Promise<void> | undefined;

  constructor(parts: VacatedParts) {
    this.id = parts.id;
    this.token = parts.token;
    this.free = parts.free;
    this.freeCode = parts.freeCode;
    this.#parts = parts;
  }

  /** Starts its code again. Rejects with the engine's error. */
  async start(): Promise<Started> {
    this.#isTaken = true;
    const { running, clock } = this.#parts;
    const started = begun(running);
    await answerOf(running.container.kill({ signal: 'SIGUSR1' }), clock);
    return started;
  }

  discard(): Promise<void> {
    this.#discarded ??= this.#isTaken ? Promise.resolve() : this.free().catch(() => undefined);
    return this.#discarded;
  }
}
