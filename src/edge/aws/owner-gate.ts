import type { Socket } from 'node:net';
import { lamError } from '../../errors/index.ts';
import type { Door } from '../guard.ts';

/**
 * Lets programs of the daemon's user and of root use what AWS's APIs change and show of functions. Where a token is set
 * it was asked for before, so all pass.
 */
export class OwnerGate {
  readonly #isOwner: (socket: Socket) => Promise<boolean>;
  readonly #door: Door;

  /** @param isOwner whether a connection comes from a program of the daemon's own user, or of root */
  constructor(door: Door, isOwner: (socket: Socket) => Promise<boolean>) {
    this.#door = door;
    this.#isOwner = isOwner;
  }

  /** Throws `LAM_AWS_FORBIDDEN` for programs of other users. */
  async check(socket: Socket): Promise<void> {
    const { kind, open, tokens } = this.#door;
    if (kind === 'socket' || open || tokens.isRequired || (await this.#isOwner(socket))) return;
    const message = 'only programs of the user whose daemon this is may use this operation';
    throw lamError('LAM_AWS_FORBIDDEN', { message });
  }
}
