import type { SandboxId } from '../../contract/index.ts';
import { openRuntimeApi, telemetryTo, type RuntimeApi, type SessionHooks } from '../../executor/index.ts';
import type { Clock } from '../../kit/index.ts';
import { canTellCallers, Callers, type Membership } from './callers/admission.ts';
import { LoopbackAddresses } from './loopback-addresses.ts';

/** Addresses tried for one sandbox: another program may listen there. */
const TRIES = 8;

/** Opens the Runtime APIs of sandboxes, each on a local address of its own and for its own processes alone. */
export class RuntimeApis {
  readonly #clock: Clock;
  readonly #addresses = new LoopbackAddresses();
  readonly #callers = canTellCallers() ? new Callers() : undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether this machine tells who connects; else any local process can. */
  get tellsCallers(): boolean {
    return this.#callers !== undefined;
  }

  /** `extensions`: names of the external ones. Rejects with `LAM_EXECUTOR_LISTEN_FAILED`. */
  async open(
    { id, extensions }: { readonly id: SandboxId; readonly extensions: readonly string[] },
    hooks: SessionHooks,
    membership: Membership,
  ): Promise<RuntimeApi> {
    const admit = this.#callers?.admissionOf(membership);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const listen = this.#addresses.next();
        const deliver = telemetryTo(listen.host);
        const options = { id, listen, clock: this.#clock, deliver, extensions, ...(admit && { admit }) };
        return await openRuntimeApi(options, hooks);
      } catch (error) {
        if (attempt === TRIES) throw error;
      }
    }
  }
}

/** Returns the address for `AWS_LAMBDA_RUNTIME_API`. */
export function addressOf({ address }: RuntimeApi): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`;
}
