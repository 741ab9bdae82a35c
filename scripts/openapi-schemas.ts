import { join, resolve } from 'node:path';
import { createGenerator, type Config } from 'ts-json-schema-generator';
import { CONFIG_BOUNDS, FUNCTION_NAME } from '../src/contract/index.ts';

/** A JSON schema as the generator makes it. */
interface Made {
  [keyword: string]: unknown;
  $ref?: string;
  description?: string;
  properties?: Record<string, Made>;
}

const root = resolve(import.meta.dirname, '..');
const PREFIX = '#/definitions/';
const SCHEMAS = '#/components/schemas/';

/** What the compiler's brands mean, which no value has. */
const BRANDS: Readonly<Record<string, Made>> = {
  AliasName: { type: 'string', pattern: '^(?![0-9]+$)[a-zA-Z0-9_-]{1,128}$' },
  ApiKeyName: { type: 'string', pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$' },
  Digest: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  // Deliveries of a function wait under names such as `hello:onFailure`.
  FunctionName: {
    type: 'string',
    pattern: FUNCTION_NAME.source.replace('-_]{1,64}$', '_-]{1,64}(:on(Success|Failure))?$'),
  },
  LayerName: { type: 'string', pattern: '^[a-zA-Z0-9_-]{1,140}$' },
  NodeId: { type: 'string', pattern: '^[0-9a-f]{12}$' },
  RequestId: { type: 'string' },
  SandboxId: { type: 'string' },
  VersionNumber: { type: 'integer', minimum: 1 },
  VersionText: { type: 'string', pattern: '^[1-9][0-9]{0,8}$' },
};

/** Only what has a name of its own in the code is a schema of its own; the rest is written where it is used. */
const isName = (name: string): boolean => /^[A-Z][A-Za-z]+$/.test(name);

/** A keyword of draft 7 as the draft of OpenAPI 3.1 has it. */
function keyword(key: string, value: unknown): [string, unknown] {
  if (key === 'items' && Array.isArray(value)) return ['prefixItems', value];
  const isNothing = key === 'additionalProperties' && JSON.stringify(value) === '{"not":{}}';
  return [key, isNothing ? false : value];
}

/** Makes the schemas of the API's bodies out of their types and comments. */
export function controlSchemas(): Record<string, Made> {
  const config: Config = {
    path: join(root, 'src/contract/control-bodies.ts'),
    tsconfig: join(root, 'tsconfig.json'),
    type: 'ControlBodies',
    skipTypeCheck: true,
    topRef: false,
    expose: 'all',
    jsDoc: 'extended',
    additionalProperties: false,
  };
  const whole = createGenerator(config).createSchema('ControlBodies') as Made & { definitions: Record<string, Made> };
  const { definitions } = whole;
  const named: Record<string, Made> = {};
  const inlined = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inlined);
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, ...rest } = value as Made;
    const others = Object.fromEntries(Object.entries(rest).map(([key, each]) => keyword(key, inlined(each))));
    if ($ref === undefined) return others;
    const name = decodeURIComponent($ref.slice(PREFIX.length));
    if (!isName(name)) return { ...(inlined(definitions[name]) as Made), ...others };
    add(name);
    return { $ref: `${SCHEMAS}${name}`, ...others };
  };
  const add = (name: string, as = name): void => {
    if (as in named) return;
    named[as] = {};
    const made = name in BRANDS ? { ...BRANDS[name], description: definitions[name]?.description } : definitions[name];
    named[as] = inlined(made) as Made;
  };
  for (const [name, body] of Object.entries(whole.properties ?? {})) {
    const target = body.$ref === undefined ? undefined : decodeURIComponent(body.$ref.slice(PREFIX.length));
    if (target !== undefined && isName(target)) add(target, name);
    else named[name] = inlined(body) as Made;
  }
  boundConfig(named);
  return Object.fromEntries(Object.entries(named).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The bounds of numeric settings, which types do not have. */
function boundConfig(schemas: Record<string, Made>): void {
  for (const name of ['ConfigInput', 'FlagSettings', 'LiveSettings'])
    for (const [setting, [minimum, maximum]] of Object.entries(CONFIG_BOUNDS)) {
      const schema = schemas[name]?.properties?.[setting];
      if (schema !== undefined) Object.assign(schema, { minimum, maximum });
    }
}
