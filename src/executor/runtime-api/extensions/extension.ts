import { randomUUID } from 'node:crypto';

import type { Reply } from '../../../http/index.ts';
import { JSON_TYPE, send } from '../answers.ts';

/** Events that an extension may subscribe to. */
export const EXTENSION_EVENTS = ['INVOKE', 'SHUTDOWN'] as const;
export type ExtensionEvent = (typeof EXTENSION_EVENTS)[number];

/** One registered extension. */
export class Extension {
  readonly id: string = randomUUID();
  readonly name: string;
  /** A program of its own, as opposed to code in the runtime's process. */
  readonly isExternal: boolean;
  readonly events: ReadonlySet<ExtensionEvent>;
  /** It has polled for an event at least once, which ends its init. */
  hasPolled = false;
  #poll: Reply | undefined;
  #pending: string[] = [];

  constructor(name: string, isExternal: boolean, events: ReadonlySet<ExtensionEvent>) {
    this.name = name;
    this.isExternal = isExternal;
    this.events = events;
  }

  /** Whether it waits for its next event; it works on the last one otherwise. */
  get isIdle(): boolean {
    return this.#poll !== undefined && this.#pending.length === 0;
  }

  /** Takes a poll, which is answered with the next event; a newer one replaces it. */
  poll(reply: Reply): void {
    this.hasPolled = true;
    this.#poll = reply;
    reply.cancelWhenGone({
      cancel: () => {
        if (this.#poll === reply) this.#poll = undefined;
      },
    });
    this.#deliver();
  }

  /** Sends an event now or with the next poll. */
  give(event: object): void {
    this.#pending.push(JSON.stringify(event));
    this.#deliver();
  }

  #deliver(): void {
    const poll = this.#poll;
    const event = poll === undefined ? undefined : this.#pending.shift();
    if (poll === undefined || event === undefined) return;
    this.#poll = undefined;
    send(poll, 200, event, [...JSON_TYPE, 'Lambda-Extension-Event-Identifier', randomUUID()]);
  }
}
