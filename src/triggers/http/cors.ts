import type { SettingSchema } from '../kind.ts';

/** Which pages of other origins may call a route. */
export interface CorsOptions {
  /** `https://app.example.com`, `https://*.example.com`; `*`, the default, for all. */
  readonly origins?: readonly string[];
  /** By default those of the route. */
  readonly methods?: readonly string[];
  /** Request headers; by default all. */
  readonly headers?: readonly string[];
  /** Response headers that pages may read, besides those that all may. */
  readonly exposeHeaders?: readonly string[];
  readonly credentials?: boolean;
  /** How long browsers may keep the answer to a preflight (seconds). */
  readonly maxAge?: number;
}

const list = (description: string, example: readonly string[]): SettingSchema => ({
  description,
  type: 'array',
  items: { type: 'string', minLength: 1 },
  minItems: 1,
  examples: [example],
});

export const CORS_SCHEMA: SettingSchema = {
  description:
    'Lets pages of other origins call the route; `true` for all pages. lam answers preflight requests itself, and sets all CORS headers of answers.',
  type: ['boolean', 'object'],
  properties: {
    origins: list('Origins of pages, also as `https://*.example.com`; by default `*`, all.', [
      'https://app.example.com',
    ]),
    methods: list('Methods; by default those of the route.', ['GET', 'POST']),
    headers: list('Request headers; by default all.', ['content-type', 'authorization']),
    exposeHeaders: list('Response headers that pages may read, besides those that all may.', ['x-total']),
    credentials: {
      description: 'Whether pages may send cookies and credentials; only with `origins`.',
      type: 'boolean',
      default: false,
    },
    maxAge: {
      description: 'How long browsers may keep the answer to a preflight request (seconds).',
      type: 'integer',
      minimum: 0,
      maximum: 86_400,
      examples: [600],
    },
  },
  additionalProperties: false,
  examples: [true, { origins: ['https://app.example.com'], credentials: true }],
};

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::\d{1,5})?$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Returns what is wrong with the CORS options of a route, as words to follow it, or undefined. Pure. */
export function corsFault(cors: boolean | CorsOptions): string | undefined {
  if (typeof cors === 'boolean') return undefined;
  const { origins = ['*'], methods = [], headers = [], exposeHeaders = [], credentials = false } = cors;
  const origin = origins.find((one) => one !== '*' && !ORIGIN.test(one));
  if (origin !== undefined)
    return `has the origin '${origin}' in cors; write it as browsers do, in lower case and without a path: https://app.example.com`;
  if (credentials && origins.includes('*'))
    return 'has credentials in cors for all origins, which browsers refuse; name the origins';
  const token = [...methods, ...headers, ...exposeHeaders].find((one) => !TOKEN.test(one));
  return token === undefined ? undefined : `has '${token}' in cors, which is neither a method nor a header's name`;
}
