import type { IncomingMessage, ServerResponse } from 'node:http';
import { asLamError, lamError } from '../errors/index.ts';
import { NodeReply } from '../http/index.ts';
import type { Clock } from '../kit/index.ts';
import { logged, type AccessLog } from './access-log.ts';
import type { ApiList, Claim } from './api-list.ts';
import { readBody } from './body.ts';
import { OpenBodies } from './open-bodies.ts';
import { hasTwoHosts, headOf } from './request.ts';
import { SlowBodies } from './slow-bodies.ts';

/** Serves APIs through `node:http`, which reads all requests that lam's own reader declines. */
export class NodeReader {
  readonly #apis: ApiList;
  readonly #clock: Clock;
  readonly #accessLog: AccessLog | undefined;
  readonly #slowBodies: SlowBodies;
  readonly #openBodies = new OpenBodies();

  constructor(apis: ApiList, clock: Clock, accessLog: AccessLog | undefined) {
    this.#accessLog = accessLog;
    this.#apis = apis;
    this.#clock = clock;
    this.#slowBodies = new SlowBodies(clock);
  }

  /** Ends requests whose bodies arrive too slowly; called every few seconds. */
  sweep(): void {
    this.#slowBodies.sweep();
  }

  readonly onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    this.#serve(this.#apis.claim(headOf(request)), request, response);
  };

  /** Handles a client that waits for `100 Continue`: requests its body only if a body of that length is accepted. */
  readonly onCheckContinue = (request: IncomingMessage, response: ServerResponse): void => {
    const claim = this.#apis.claim(headOf(request));
    const mayContinue = Number(request.headers['content-length'] ?? 0) <= claim.api.mostBodyBytes;
    if (mayContinue && !hasTwoHosts(claim.head)) response.writeContinue();
    // The client may send the body anyway, so the connection cannot be reused.
    else response.shouldKeepAlive = false;
    this.#serve(claim, request, response);
  };

  #serve(claim: Claim, request: IncomingMessage, response: ServerResponse): void {
    this.#slowBodies.watch(request, response);
    const { api, head, plan } = claim;
    const reply = logged(new NodeReply(response), head, this.#accessLog);
    const refused = hasTwoHosts(head) ? lamError('LAM_EDGE_TWO_HOSTS', {}) : this.#apis.refusal(claim);
    if (refused !== undefined) {
      request.resume();
      api.fail(reply, refused, plan);
      return;
    }
    const fail = (thrown: unknown): void => api.fail(reply, asLamError(thrown), plan);
    if (api.reads === 'whole') {
      this.#openBodies.read(request, response, () => {
        readBody(request, api.mostBodyBytes, this.#clock)
          .then((body) => api.serve({ head, plan, body, reply }))
          .catch(fail);
      });
      return;
    }
    try {
      api.serve({ head, plan, body: request, reply });
    } catch (thrown) {
      fail(thrown);
    }
  }
}
