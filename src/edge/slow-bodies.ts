import type { IncomingMessage, ServerResponse } from 'node:http';
import { Pace, TOO_SLOW } from '../http/index.ts';
import type { Clock } from '../kit/index.ts';

/** A request that `node:http` reads. */
interface Watched {
  readonly response: ServerResponse;
  pace: Pace;
}

/**
 * Ends requests whose bodies arrive too slowly. `node:http` itself can only limit the total time, regardless of the
 * length.
 */
export class SlowBodies {
  readonly #requests: Map<IncomingMessage, Watched> = new Map();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches the request until its body is complete. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    if (coding === undefined && (length === undefined || length === '0')) return;
    this.#requests.set(request, { response, pace: this.#paceOf(request) });
    request.once('close', () => this.#requests.delete(request));
  }

  /** Answers slow requests with 408, unless their answer has begun, and closes their connections. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const [request, watched] of this.#requests) {
      const { socket } = request;
      if (request.complete) {
        this.#requests.delete(request);
      } else if (request.readableLength > 0) {
        // Received bytes wait for lam, so the client is not slow.
        watched.pace = this.#paceOf(request);
      } else if (watched.pace.isSlowBody(now, socket.bytesRead)) {
        if (!watched.response.headersSent) socket.write(TOO_SLOW);
        socket.destroy();
      }
    }
  }

  #paceOf({ socket }: IncomingMessage): Pace {
    return new Pace(this.#clock.monotonic(), socket.bytesRead);
  }
}
