import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../kit/index.ts';

/** Paths of downloads; what follows says of what. */
export const CODE_PREFIX = '/_lam/code/';
/** How long a URL is valid (ms); AWS: 10 minutes. */
const VALID_MS = 600_000;

/** Makes and checks URLs that let anyone who has one download code for some minutes. They end with the daemon. */
export class CodeUrls {
  readonly #key = randomBytes(32);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The URL of `path` at `host` (a Host header). */
  make(host: string, path: string): string {
    const expires = this.#clock.now() + VALID_MS;
    return `http://${host}${CODE_PREFIX}${path}?expires=${expires}&signature=${this.#sign(path, expires)}`;
  }

  /** Whether a query has the signature of a path, and is still valid. */
  accepts(path: string, query: string): boolean {
    const parameters = new URLSearchParams(query);
    const expires = Number(parameters.get('expires'));
    const wanted = Buffer.from(this.#sign(path, expires));
    const given = Buffer.from(parameters.get('signature') ?? '');
    return given.length === wanted.length && timingSafeEqual(given, wanted) && this.#clock.now() <= expires;
  }

  #sign(path: string, expires: number): string {
    return createHmac('sha256', this.#key).update(`${path}\n${expires}`).digest('hex');
  }
}
