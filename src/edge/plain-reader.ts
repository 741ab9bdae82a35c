import type { Socket } from 'node:net';
import { asLamError } from '../errors/index.ts';
import type { Head, Handler, Refusal, Service, Reply } from '../http/index.ts';
import { logged, type AccessLog } from './access-log.ts';
import type { ApiList, Claim } from './api-list.ts';
import type { Api, WholeBodyApi } from './api.ts';
import { targetParts } from './request.ts';

/** Serves APIs through lam's own reader of plain requests. */
export class PlainReader implements Service {
  readonly #apis: ApiList;
  readonly #accessLog: AccessLog | undefined;

  constructor(apis: ApiList, accessLog: AccessLog | undefined) {
    this.#apis = apis;
    this.#accessLog = accessLog;
  }

  /** Leaves to `node:http` the APIs that read bodies as they arrive, and bodies that are too long. */
  handlerFor(head: Head, socket: Socket): Handler | undefined {
    const { method, headers, rawHeaders, target, bodyBytes } = head;
    const claim = this.#apis.claim({
      method,
      ...targetParts(target),
      headers,
      rawHeaders,
      httpVersion: '1.1',
      socket,
    });
    const { api } = claim;
    return readsWhole(api) && bodyBytes <= api.mostBodyBytes
      ? new ClaimedHead(this.#apis, claim, api, this.#accessLog)
      : undefined;
  }
}

function readsWhole(api: Api): api is WholeBodyApi<unknown> {
  return api.reads === 'whole';
}

/** A head that a client may repeat, and the API that it belongs to. */
class ClaimedHead implements Handler {
  readonly #apis: ApiList;
  readonly #epoch: number;
  readonly #claim: Claim;
  readonly #api: WholeBodyApi<unknown>;
  readonly #accessLog: AccessLog | undefined;

  // oxlint-disable-next-line max-params -- the list, its decision, the API of that, and the log
  constructor(apis: ApiList, claim: Claim, api: WholeBodyApi<unknown>, accessLog: AccessLog | undefined) {
    this.#accessLog = accessLog;
    this.#apis = apis;
    this.#epoch = apis.epoch();
    this.#claim = claim;
    this.#api = api;
  }

  isCurrent(): boolean {
    return this.#apis.epoch() === this.#epoch;
  }

  refusal(): Refusal | undefined {
    const error = this.#apis.refusal(this.#claim);
    return error === undefined
      ? undefined
      : (reply) => this.#api.fail(logged(reply, this.#claim.head, this.#accessLog), error, this.#claim.plan);
  }

  serve(body: Uint8Array, given: Reply): void {
    const { head, plan } = this.#claim;
    const reply = logged(given, head, this.#accessLog);
    try {
      this.#api.serve({ head, plan, body, reply });
    } catch (thrown) {
      this.#api.fail(reply, asLamError(thrown), plan);
    }
  }
}
