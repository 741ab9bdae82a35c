import type { ErrorCode } from '../../../errors/index.ts';
import { CATALOGUE, KINDS } from '../../../errors/index.ts';
import { isUpload } from './bodies.ts';
import { SCHEMA_PREFIX } from './conform.ts';
import { PATH_PARAMETERS, QUERY_PARAMETERS, type PathName } from './parameters.ts';
import type { ControlRoute } from './route.ts';
import { CONTROL_ROUTES } from './routes/list.ts';
import SCHEMAS from './schemas.json' with { type: 'json' };

/** Prefix of the paths of lam's own API. */
export const CONTROL_PREFIX = '/_lam/v1';
/** Answered without a token, for health checks. */
export const HEALTH_PATH = '/_lam/health';
/** The document itself, answered without a token: it says nothing of this machine. */
export const DOCUMENT_PATH = `${CONTROL_PREFIX}/openapi.json`;

type Json = Readonly<Record<string, unknown>>;

/** Errors that every route may answer. */
const COMMON: readonly ErrorCode[] = [
  'LAM_EDGE_BAD_REQUEST',
  'LAM_EDGE_TOKEN_NEEDED',
  'LAM_EDGE_SOCKET_ONLY',
  'LAM_EDGE_HOST_REFUSED',
  'LAM_EDGE_ORIGIN_REFUSED',
];

const OF_CONDITIONS: Readonly<Record<keyof typeof CONDITIONS, readonly ErrorCode[]>> = {
  'If-Match': ['LAM_REGISTRY_STALE'],
  'Idempotency-Key': [
    ...(['LAM_EDGE_IDEMPOTENCY_KEY', 'LAM_EDGE_IDEMPOTENCY_MISMATCH', 'LAM_EDGE_IDEMPOTENCY_UNKNOWN'] as const),
  ],
};

const DESCRIPTION = `Everything that the command \`lam\` does, over HTTP: on the daemon's Unix socket (\`run/lam.sock\` in its home) without
further rights, and on its HTTP port with its token or a key (docs/keys.md). Errors are problem details (RFC 9457) with
lam's own code and a hint; docs/errors.md lists the codes. Times are milliseconds since the epoch unless their name says otherwise.`;

/** The OpenAPI 3.1 document of lam's own API. The same for every daemon of this version. */
export function controlDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of CONTROL_ROUTES) {
    const item = (paths[`${CONTROL_PREFIX}${route.path}`] ??= {});
    item[route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: "lam's own API",
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://127.0.0.1:8000', description: 'The HTTP port, by default' }],
    security: [{ token: [] }],
    tags: [...new Set(CONTROL_ROUTES.map(resourceOf))].map((name) => ({ name })),
    paths: { ...openPaths(), ...paths },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Not needed on the Unix socket.' } },
      responses: { Problem: { description: 'The request was not carried out.', content: PROBLEM } },
      schemas: SCHEMAS,
    },
  };
}

const PROBLEM: Json = { 'application/problem+json': { schema: reference('ProblemDetails') } };

/** What is answered without a token. */
function openPaths(): Record<string, Json> {
  const get = (operationId: string, summary: string, schema: Json): Json => ({
    get: {
      ...{ operationId, summary, tags: ['daemon'], security: [] },
      responses: { '200': { description: 'OK', content: { 'application/json': { schema } } } },
    },
  });
  return {
    [HEALTH_PATH]: get('daemon.health', 'Answers while the daemon serves requests.', reference('HealthAnswer')),
    [DOCUMENT_PATH]: get('daemon.document', 'This document.', { type: 'object' }),
  };
}

function resourceOf({ id }: ControlRoute): string {
  return id.slice(0, id.indexOf('.'));
}

function reference(name: string): Json {
  return { $ref: `${SCHEMA_PREFIX}${name}` };
}

function operationOf(route: ControlRoute): Json {
  const { id, summary, scope } = route;
  return {
    ...{ operationId: id, summary, tags: [resourceOf(route)], 'x-lam-scope': scope },
    parameters: parametersOf(route),
    ...bodyOf(route),
    responses: { '200': { description: 'Done', ...headersOf(route), content: contentOf(route) }, ...failuresOf(route) },
  };
}

/** What a change may say in headers. */
const CONDITIONS = {
  'If-Match': {
    description: 'Makes the change only if what it is about still has one of these ETags; `*` for any.',
    schema: { type: 'string' },
  },
  'Idempotency-Key': {
    description: 'Makes the change once, however often it is sent with this key; a UUID. Kept for a day.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
} as const;

function conditionsOf(route: ControlRoute): readonly (keyof typeof CONDITIONS)[] {
  if (route.method === 'GET') return [];
  const names: readonly (keyof typeof CONDITIONS)[] = route.tagged === undefined ? [] : ['If-Match'];
  return isUpload(route) ? names : [...names, 'Idempotency-Key'];
}

function headersOf({ method, tagged }: ControlRoute): Json {
  if (method !== 'GET' || tagged === undefined) return {};
  return { headers: { ETag: { description: 'For `If-Match` of a change.', schema: { type: 'string' } } } };
}

function parametersOf(route: ControlRoute): readonly Json[] {
  const { path, query = [] } = route;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as PathName);
  return [
    ...names.map((name) => ({ name, in: 'path', required: true, ...PATH_PARAMETERS[name] })),
    ...query.map((name) => ({ name, in: 'query', required: false, ...QUERY_PARAMETERS[name] })),
    ...conditionsOf(route).map((name) => ({ name, in: 'header', required: false, ...CONDITIONS[name] })),
  ];
}

function bodyOf({ body, takes }: ControlRoute): Json {
  if (body !== undefined) {
    const { required = [] } =
      (SCHEMAS as Readonly<Record<string, { readonly required?: readonly string[] }>>)[body] ?? {};
    return {
      requestBody: { required: required.length > 0, content: { 'application/json': { schema: reference(body) } } },
    };
  }
  if (takes === undefined) return {};
  const [first] = takes;
  // An event may have any type that JSON has; it is sent as such.
  const content =
    first === 'application/json'
      ? { [first]: { schema: {} } }
      : Object.fromEntries(takes.map((type) => [type, { schema: { type: 'string', contentMediaType: type } }]));
  return { requestBody: { required: true, content } };
}

function contentOf({ answer, lines, gives }: ControlRoute): Json {
  if (gives !== undefined) return { [gives]: { schema: { type: 'string', contentMediaType: gives } } };
  return lines === undefined
    ? { 'application/json': { schema: reference(answer ?? 'Done') } }
    : {
        'application/x-ndjson': {
          schema: { type: 'string', description: `One ${lines} a line.`, 'x-lam-line': reference(lines) },
        },
      };
}

/** The errors of a route by HTTP status; any other status is one of the daemon itself, such as a full disk. */
function failuresOf(route: ControlRoute): Json {
  const { errors = [] } = route;
  const ofConditions = conditionsOf(route).flatMap((name) => OF_CONDITIONS[name]);
  const codes = Map.groupBy([...COMMON, ...errors, ...ofConditions], (code) =>
    String(KINDS[CATALOGUE[code].kind].http),
  );
  const byStatus = [...codes].toSorted(([a], [b]) => Number(a) - Number(b));
  return {
    ...Object.fromEntries(
      byStatus.map(([status, list]) => [status, { description: list.join(', '), content: PROBLEM }]),
    ),
    default: { $ref: '#/components/responses/Problem' },
  };
}
