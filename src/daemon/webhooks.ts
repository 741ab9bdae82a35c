import type { FunctionName } from '../contract/index.ts';
import type { WebhookPort } from '../edge/index.ts';
import type { WebhookReceiver, WebhookTrigger } from '../triggers/index.ts';
import type { DeployedTriggers } from '../triggers/supervisor/index.ts';

/** The paths of all live webhooks, and those that receive requests there. */
export class Webhooks implements WebhookPort {
  readonly #deployed: DeployedTriggers;
  readonly #receivers = new Map<string, WebhookReceiver>();
  #owners: ReadonlyMap<string, FunctionName> = new Map();
  #revision = -1;

  constructor(deployed: DeployedTriggers) {
    this.#deployed = deployed;
  }

  /** Lets a trigger receive the requests at a path; returns a function that ends it. */
  open(path: string, receiver: WebhookReceiver): () => void {
    this.#receivers.set(path, receiver);
    return () => {
      if (this.#receivers.get(path) === receiver) this.#receivers.delete(path);
    };
  }

  ownerOf(path: string): FunctionName | undefined {
    if (this.#deployed.revision !== this.#revision) {
      this.#revision = this.#deployed.revision;
      const live = this.#deployed.ofType('webhook');
      this.#owners = new Map(live.map(({ functionName, config }) => [(config as WebhookTrigger).path, functionName]));
    }
    return this.#owners.get(path);
  }

  receiverAt(path: string): WebhookReceiver | undefined {
    return this.#receivers.get(path);
  }
}
