import { isFunctionName, knownFunctionName, type FunctionName } from '../../contract/index.ts';
import { asLamError, lamError, type LamError } from '../../errors/index.ts';
import { Lru, type EpochMs } from '../../kit/index.ts';
import { duplicateFault, unauthenticated } from '../credentials.ts';
import { parseSource, sourceFault, valueAt, type IdentitySource } from '../identity-source.ts';
import { IDENTITY_SOURCE } from '../jwt/options.ts';
import { answerOf } from '../lambda/answer.ts';
import type {
  AccessHead,
  AccessHost,
  AccessRequest,
  AuthOptions,
  AuthScheme,
  Authorizer,
  AccessVerdict,
} from '../scheme.ts';

interface LambdaOptions extends AuthOptions {
  readonly function: string;
  readonly identitySource?: readonly string[];
  /** Seconds. */
  readonly ttl?: number;
}

const TTL = 300;
/** Answers that a route remembers. */
const MOST_ANSWERS = 1000;

/** Another function decides, with payload format 2.0 of API Gateway's Lambda authorizers. */
export const authorizerFunction: AuthScheme<LambdaOptions> = {
  summary: 'requests that another function allows (Lambda authorizer)',
  options: {
    function: {
      description: 'Function that decides; its live version runs with a request in payload format 2.0.',
      type: 'string',
      minLength: 1,
      examples: ['authorizer'],
    },
    identitySource: IDENTITY_SOURCE,
    ttl: {
      description:
        'How long an answer is used again for requests with the same identity sources (seconds); 0 for never.',
      type: 'integer',
      minimum: 0,
      maximum: 3600,
      default: TTL,
      examples: [0],
    },
  },
  required: ['function'],
  fault: ({ function: name, identitySource = [] }) =>
    isFunctionName(name)
      ? sourceFault(identitySource)
      : `has the function '${name}', which is no function's name (1 to 64 of a-z A-Z 0-9 - _)`,
  open: (host) => (options) => new LambdaAuthorizer(host, options),
};

interface Remembered {
  readonly verdict: AccessVerdict;
  readonly until: EpochMs;
}

class LambdaAuthorizer implements Authorizer {
  readonly #host: AccessHost;
  readonly #name: FunctionName;
  readonly #sources: readonly IdentitySource[];
  readonly #ttlMs: number;
  readonly #remembered = new Lru<Remembered>(MOST_ANSWERS, () => 1);
  /** Runs that requests with the same identity share. */
  readonly #running = new Map<string, Promise<AccessVerdict>>();

  constructor(host: AccessHost, options: LambdaOptions) {
    const { function: name, identitySource = ['$request.header.Authorization'], ttl = TTL } = options;
    this.#host = host;
    this.#name = knownFunctionName(name);
    this.#sources = identitySource.flatMap((text) => parseSource(text) ?? []);
    this.#ttlMs = ttl * 1000;
  }

  early(head: AccessHead): LamError | undefined {
    for (const source of this.#sources) {
      const fault = duplicateFault(head, source);
      if (fault !== undefined) return fault;
      if (valueAt(head, source) === undefined) {
        const what = source.kind === 'header' ? 'header' : 'query parameter';
        return unauthenticated(`the request has no ${what} ${source.name}`, `send the ${what} ${source.name}`);
      }
    }
    return undefined;
  }

  decide(request: AccessRequest): AccessVerdict | Promise<AccessVerdict> {
    const identity = this.#sources.map((source) => valueAt(request.head, source) ?? '');
    if (this.#ttlMs === 0) return this.#ask(request, identity);
    // A policy may name the path, and the function may decide by the host name.
    const { method, path, headers } = request.head;
    const key = JSON.stringify([method, path, headers['host'], ...identity]);
    const known = this.#remembered.get(key);
    if (known !== undefined && this.#host.clock.now() < known.until) return known.verdict;
    const before = this.#running.get(key);
    if (before !== undefined) return before;
    const running = this.#askAndRemember(request, identity, key).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  async #askAndRemember(request: AccessRequest, identity: readonly string[], key: string): Promise<AccessVerdict> {
    const verdict = await this.#ask(request, identity);
    const isAnswer = !('code' in verdict) || verdict.code === 'LAM_ACCESS_DENIED';
    if (isAnswer) this.#remembered.set(key, { verdict, until: this.#host.clock.now() + this.#ttlMs });
    return verdict;
  }

  async #ask({ head, routeKey, asEvent }: AccessRequest, identitySource: readonly string[]): Promise<AccessVerdict> {
    const name = this.#name;
    try {
      const { event, traceId } = asEvent();
      const { version, isBase64Encoded: _body, ...rest } = event;
      const { apiId = '' } = rest['requestContext'] as { readonly apiId?: string };
      const routeArn = `arn:aws:execute-api:us-east-1:000000000000:${apiId}/$default/${head.method}${head.path}`;
      const asked = { version, type: 'REQUEST', routeArn, identitySource, ...rest, routeKey, stageVariables: {} };
      const { isSuccess, payload } = await this.#host.invoke(name, Buffer.from(JSON.stringify(asked)), traceId);
      if (!isSuccess) return this.#failed('it failed; see its log');
      const answer = answerOf(payload, routeArn);
      if (typeof answer === 'string') return this.#failed(`it answered ${answer}`);
      if (!answer.isAllowed) return lamError('LAM_ACCESS_DENIED', { why: 'the authorizer does not allow the request' });
      const { context, principalId } = answer;
      const flat = { ...context, ...(principalId === undefined ? {} : { principalId }) };
      return { context: { '1.0': JSON.stringify(flat), '2.0': JSON.stringify({ lambda: context }) } };
    } catch (thrown) {
      const error = asLamError(thrown);
      const isBusy = error.kind === 'resource_exhausted' || error.kind === 'unavailable';
      return isBusy ? error : this.#failed(error.message);
    }
  }

  #failed(why: string): LamError {
    this.#host.onTrouble(`the authorizer '${this.#name}' did not decide: ${why}`);
    return lamError('LAM_ACCESS_AUTHORIZER_FAILED', { name: this.#name });
  }
}
