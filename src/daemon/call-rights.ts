import { randomBytes } from 'node:crypto';
import type { CallingSandbox, CallRight, FunctionName, SandboxId } from '../contract/index.ts';
import type { CallingSandboxes } from '../edge/index.ts';

/** The rights of sandboxes to call functions: one each, until it ends. Kept in memory only. */
export class CallRights implements CallingSandboxes {
  /** URL of the API as sandboxes see it; undefined until it is served, and where functions cannot call others. */
  url: string | undefined;
  readonly #bySandbox = new Map<SandboxId, CallRight>();
  readonly #byToken = new Map<string, CallingSandbox>();

  /** Returns the right of a sandbox, always the same; undefined where functions cannot call others. */
  grant(sandbox: SandboxId, functionName: FunctionName): CallRight | undefined {
    const { url } = this;
    const granted = this.#bySandbox.get(sandbox);
    if (granted !== undefined || url === undefined) return granted;
    const caller: CallingSandbox = { sandbox, functionName, depth: 0 };
    const right: CallRight = {
      caller,
      url,
      token: randomBytes(32).toString('base64url'),
      accessKeyId: `LAM${randomBytes(9).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64url'),
    };
    this.#bySandbox.set(sandbox, right);
    this.#byToken.set(right.token, caller);
    return right;
  }

  /** Ends the right of a sandbox. Idempotent. */
  revoke(sandbox: SandboxId): void {
    const granted = this.#bySandbox.get(sandbox);
    if (granted === undefined) return;
    this.#bySandbox.delete(sandbox);
    this.#byToken.delete(granted.token);
  }

  find(token: string): CallingSandbox | undefined {
    return this.#byToken.get(token);
  }
}
