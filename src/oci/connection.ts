import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { lamError } from '../errors/index.ts';
import { sleep } from '../kit/index.ts';
import { authorize, type Authorization, type OciAccess } from './authorization.ts';
import { parseChallenge } from './challenge.ts';
import { apiHost, credentialsOf, type OciCredentials } from './docker-config.ts';
import { HttpCaller, mayLeadTo, type HttpAsk } from './exchange.ts';
import { connectionError, isPassing, isPassingStatus, refusalText } from './failures.ts';
import { isLoopbackRegistry } from './reference.ts';

/** A request to a registry. */
export interface OciAsk extends OciAccess {
  readonly method: HttpAsk['method'];
  /** Path below the registry's root, or an address that it gave. */
  readonly at: string | URL;
  readonly headers?: Readonly<Record<string, string | number>>;
  /** Makes the body, again for another attempt. */
  readonly body?: () => Uint8Array | Readable;
  /** What is asked for, for messages: `the upload of the code`. */
  readonly what: string;
  /** Statuses that are answers; others become errors. */
  readonly expected: readonly number[];
}

/** How to reach a registry. */
export interface OciOptions {
  /** Whether to ask by plain HTTP; registries on this machine are anyway. */
  readonly plainHttp: boolean;
  /** The user's: where docker's configuration is, proxies. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Attempts at a request, and the wait before the second one, which doubles (ms). */
const ATTEMPTS = 4;
const WAIT_MS = 250;
/** Longest wait that a registry may ask for (ms). */
const MOST_WAIT_MS = 20_000;
const REDIRECTS = 5;
/** Most of an address that a registry names in messages (characters). */
const MOST_SHOWN = 100;

/**
 * Requests to one registry, authorized as it demands. Requests that failed for a passing reason are made again; a body
 * that was sent in part is left to the caller. Credentials go to no other host.
 */
export class RegistryConnection implements Disposable {
  readonly host: string;
  readonly isSecure: boolean;
  readonly #caller: HttpCaller;
  readonly #env: OciOptions['env'];
  readonly #root: URL;
  #credentials: Promise<OciCredentials | undefined> | undefined;
  /** By repository and action. */
  readonly #authorizations = new Map<string, Authorization>();
  /** Answers of other hosts, to which this one led. */
  readonly #foreign = new WeakSet<IncomingMessage>();

  constructor(host: string, { plainHttp, env }: OciOptions) {
    this.host = host;
    this.isSecure = !plainHttp && !isLoopbackRegistry(host);
    this.#caller = new HttpCaller(env);
    this.#env = env;
    this.#root = new URL(`${this.isSecure ? 'https' : 'http'}://${apiHost(host)}/`);
  }

  [Symbol.dispose](): void {
    this.#caller.close();
  }

  /**
   * An address that the registry named, which may be relative or, behind a proxy, of another scheme. Throws
   * `LAM_OCI_UNREACHABLE` for one that is none, or that is not HTTPS where the registry's is.
   */
  resolve(location: string, base: string | URL): URL {
    const from = new URL(base, this.#root);
    const url = URL.parse(location, from) ?? undefined;
    if (url !== undefined && url.host === this.#root.host) url.protocol = this.#root.protocol;
    if (url !== undefined && mayLeadTo(from, url)) return url;
    const reason = `it leads to '${location.slice(0, MOST_SHOWN)}', which lam does not ask`;
    throw lamError('LAM_OCI_UNREACHABLE', { host: this.host, reason });
  }

  /**
   * Makes a request; the answer has one of the expected statuses. Throws `LAM_OCI_UNAUTHORIZED`, `LAM_OCI_DENIED`,
   * `LAM_OCI_UNREACHABLE`, `LAM_OCI_SCHEME`, `LAM_OCI_CERTIFICATE` or `LAM_OCI_REFUSED`.
   */
  async ask(ask: OciAsk): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt === ATTEMPTS;
      let incoming: IncomingMessage;
      try {
        incoming = await this.#authorized(ask);
      } catch (error) {
        if (isLast || !isPassing(error) || ask.method === 'PATCH')
          throw connectionError(error, this.host, this.isSecure);
        await sleep(WAIT_MS * 2 ** (attempt - 1));
        continue;
      }
      const status = incoming.statusCode ?? 0;
      if (ask.expected.includes(status)) return incoming;
      if (isLast || !isPassingStatus(status) || ask.method === 'PATCH') throw await this.#refusal(ask, incoming);
      incoming.resume();
      await sleep(waitOf(incoming) ?? WAIT_MS * 2 ** (attempt - 1));
    }
  }

  /** The answer to a request that carries what a challenge demanded. */
  async #authorized(ask: OciAsk): Promise<IncomingMessage> {
    const key = `${ask.action} ${ask.repository}`;
    const before = this.#authorizations.get(key);
    const first = await this.#follow(ask, before);
    // Who is not the registry could name a realm of its own, and be sent the password.
    if (first.statusCode !== 401 || this.#foreign.has(first)) return first;
    const challenge = parseChallenge(first.headers['www-authenticate']);
    if (challenge === undefined) return first;
    first.resume();
    this.#credentials ??= credentialsOf(this.host, this.#env);
    const party = {
      caller: this.#caller,
      host: this.host,
      isSecure: this.isSecure,
      credentials: await this.#credentials,
    };
    const authorization = await authorize(party, challenge, ask);
    this.#authorizations.set(key, authorization);
    return this.#follow(ask, authorization);
  }

  /** Follows redirections of GET and HEAD, which lead to where blobs are kept. */
  async #follow(ask: OciAsk, authorization: Authorization | undefined): Promise<IncomingMessage> {
    let url = new URL(ask.at, this.#root);
    for (let hop = 0; ; hop += 1) {
      const isHome = url.origin === this.#root.origin;
      const incoming = await this.#caller.ask({
        method: ask.method,
        url,
        headers: {
          ...ask.headers,
          ...(authorization === undefined || !isHome ? {} : { authorization: authorization.value }),
        },
        ...(ask.body === undefined ? {} : { body: ask.body() }),
      });
      const { statusCode = 0, headers } = incoming;
      if (!isHome) this.#foreign.add(incoming);
      const isRead = ask.method === 'GET' || ask.method === 'HEAD';
      if (!isRead || statusCode < 301 || statusCode > 308 || headers.location === undefined || hop === REDIRECTS)
        return incoming;
      incoming.resume();
      url = this.resolve(headers.location, url);
    }
  }

  async #refusal({ repository, action, what }: OciAsk, incoming: IncomingMessage): Promise<Error> {
    const { host } = this;
    const status = incoming.statusCode ?? 0;
    const reason = await refusalText(incoming);
    const authorization = this.#authorizations.get(`${action} ${repository}`);
    const denied = (): Error =>
      lamError('LAM_OCI_DENIED', { host, repository, action: action === 'list' ? 'list' : action });
    if (this.#foreign.has(incoming))
      return lamError('LAM_OCI_REFUSED', {
        host,
        status,
        what,
        reason: reason || 'by another host, to which it leads',
      });
    if (status === 403) return denied();
    if (status === 401) {
      if (authorization?.isKnown === true) return denied();
      const known = (await this.#credentials) !== undefined;
      return lamError('LAM_OCI_UNAUTHORIZED', { host, repository, known });
    }
    if (status === 400 && !this.isSecure && /https/i.test(reason))
      return lamError('LAM_OCI_SCHEME', { host, spoken: 'http' });
    return lamError('LAM_OCI_REFUSED', { host, status, what, reason });
  }
}

function waitOf({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, MOST_WAIT_MS) : undefined;
}
