import { asLamError, isLamError, lamError, type LamError } from '../errors/index.ts';
import { invariant } from '../kit/index.ts';
import type { AuditSink } from '../operations/index.ts';
import type { Api } from './api.ts';
import { noteRefusal } from './callers.ts';
import type { RequestHead } from './request.ts';

/** The decision of a list about one head. */
export interface Claim {
  readonly api: Api;
  readonly head: RequestHead;
  /** What `match` returned; undefined together with a fault. */
  readonly plan: unknown;
  /** Why the request cannot be served even if it is authorized. */
  readonly fault: LamError | undefined;
}

/** The APIs of one listener, in the order in which they are asked. */
export class ApiList {
  readonly #apis: readonly Api[];
  readonly #last: Api;
  readonly #generations: readonly (() => unknown)[];
  readonly #seen: unknown[];
  readonly #audit: AuditSink | undefined;
  #epoch = 0;

  /**
   * @param fallback name of the API that answers requests which none matches; default: the last one's
   * @param audit is told of each request that `authorize` of its API refuses
   */
  constructor(apis: readonly Api[], fallback?: string, audit?: AuditSink) {
    this.#audit = audit;
    const last = apis.findLast(({ name }) => fallback === undefined || name === fallback);
    invariant(last !== undefined, 'a listener serves at least one API');
    this.#apis = apis;
    this.#last = last;
    this.#generations = apis.flatMap(({ generation }) => (generation === undefined ? [] : [generation]));
    this.#seen = this.#generations.map((generation) => generation());
  }

  /** Changes whenever a head may be claimed differently than before. */
  epoch(): number {
    const seen = this.#seen;
    for (let i = 0; i < seen.length; i++) {
      const now = this.#generations[i]?.();
      if (now !== seen[i]) {
        seen[i] = now;
        this.#epoch++;
      }
    }
    return this.#epoch;
  }

  /** Returns the claim of the first API that matches. Never throws: an exception of `match` becomes the fault. */
  claim(head: RequestHead): Claim {
    for (const api of this.#apis) {
      try {
        const plan = api.match(head);
        if (isLamError(plan)) return { api, head, plan: undefined, fault: plan };
        if (plan !== undefined) return { api, head, plan, fault: undefined };
      } catch (thrown) {
        return { api, head, plan: undefined, fault: asLamError(thrown) };
      }
    }
    const { method, path } = head;
    const near = this.#apis.flatMap((api) => api.near?.(path) ?? []);
    return {
      api: this.#last,
      head,
      plan: undefined,
      fault: lamError('LAM_EDGE_NOT_FOUND', { method, path, near }),
    };
  }

  /** Returns why a request with a claimed head is not served, or undefined. Called once per request. */
  refusal({ api, head, plan, fault }: Claim): LamError | undefined {
    try {
      const refused = api.authorize(head, plan);
      if (refused === undefined) return fault;
      if (this.#audit !== undefined)
        noteRefusal(
          this.#audit,
          api.called ?? api.name,
          head,
          refused,
          plan === undefined ? undefined : api.asked?.(plan),
        );
      return refused;
    } catch (thrown) {
      return asLamError(thrown);
    }
  }
}
