import type { ApiKeyDetail } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { duplicateFault, headerOf, unauthenticated } from '../credentials.ts';
import type { AccessHost, AuthOptions, AuthScheme, Authorizer, AccessVerdict } from '../scheme.ts';

interface ApiKeyOptions extends AuthOptions {
  readonly header?: string;
  readonly keys?: readonly string[];
}

const HEADER = 'x-api-key';

/** Keys that `lam key create` made. */
export const apiKey: AuthScheme<ApiKeyOptions> = {
  summary: 'keys that `lam key create` made',
  options: {
    header: {
      description: 'Header with the key.',
      type: 'string',
      minLength: 1,
      default: 'X-Api-Key',
      examples: ['X-Api-Key'],
    },
    keys: {
      description: 'Names of the keys that are accepted; by default all.',
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      examples: [['shop', 'partner']],
    },
  },
  required: [],
  fault: ({ header = HEADER }) =>
    /^[A-Za-z0-9-]+$/.test(header) ? undefined : `has the header '${header}', which is no header's name`,
  open: (host) => (options) => new ApiKeyAuthorizer(host, options),
};

class ApiKeyAuthorizer implements Authorizer {
  readonly #host: AccessHost;
  readonly #header: string;
  readonly #keys: ReadonlySet<string> | undefined;

  constructor(host: AccessHost, { header = HEADER, keys }: ApiKeyOptions) {
    this.#host = host;
    this.#header = header.toLowerCase();
    this.#keys = keys === undefined ? undefined : new Set(keys);
  }

  early(head: Parameters<Authorizer['early']>[0]): ReturnType<Authorizer['early']> {
    const header = this.#header;
    return (
      duplicateFault(head, { kind: 'header', name: header }) ??
      (headerOf(head, header) === undefined ? this.#refuse('the request has no API key') : undefined)
    );
  }

  decide({ head }: Parameters<Authorizer['decide']>[0]): AccessVerdict {
    const key = this.#host.apiKey(headerOf(head, this.#header) ?? '');
    if (key === undefined) return this.#refuse('the API key is not known');
    if (key.expiresAt !== null && key.expiresAt <= this.#host.clock.now())
      return this.#refuse('the API key has expired');
    if (this.#keys?.has(key.name) === false)
      return lamError('LAM_ACCESS_DENIED', { why: 'the API key is not accepted at this route' });
    return grantOf(key);
  }

  #refuse(why: string): ReturnType<typeof unauthenticated> {
    return unauthenticated(why, `send a key that \`lam key create\` made: ${this.#header}: KEY`);
  }
}

function grantOf(key: ApiKeyDetail): AccessVerdict {
  const context = JSON.stringify({ apiKey: { id: key.id, name: key.name } });
  return { context: { '1.0': context, '2.0': context }, apiKey: key };
}
