import { CONFIG_BOUNDS, DEFAULT_CONFIG, FUNCTION_NAME } from '../contract/index.ts';
import { NAME_SCHEMA, shortFormsOf, TRIGGER_KINDS, type TriggerKind } from '../triggers/index.ts';
import { DESCRIPTORS, FAMILIES, KNOWN_RUNTIMES } from '../runtimes/index.ts';

/** A JSON schema (draft 07), or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Where `lam init` puts the schema, relative to lam.yaml, for editors to find. */
export const SCHEMA_PATH = '.lam/lam.schema.json';

const NAME_HELP = "The function's name: 1 to 64 of a-z, A-Z, 0-9, '-' and '_'.";

/**
 * The JSON schema of lam.yaml: what editors complete from and what the loader checks against. A copy lies at
 * `schema/lam.schema.json`.
 */
export function projectSchema(kinds: readonly TriggerKind[] = TRIGGER_KINDS): JsonSchema {
  const settings = functionSettings(kinds);
  // Triggers of two functions with the same settings are as a rule a mistake, and of routes an impossibility.
  const own = ['path', 'triggers', ...shortFormsOf(kinds).map(({ form }) => form.key)];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'lam.schema.json',
    title: 'lam project',
    description: 'One function at the top level, or many under `functions`.',
    type: 'object',
    if: { required: ['functions'] },
    // oxlint-disable-next-line no-thenable -- a keyword of JSON schema, on an object nobody awaits
    then: {
      properties: {
        functions: {
          description: "The project's functions by name.",
          type: 'object',
          minProperties: 1,
          propertyNames: { description: NAME_HELP, pattern: FUNCTION_NAME.source },
          additionalProperties: { type: 'object', properties: settings, additionalProperties: false },
        },
        defaults: {
          description:
            'Settings of every function that does not set them itself. Maps (environment, build) are merged key by key.',
          type: 'object',
          properties: without(settings, own),
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
    else: {
      properties: {
        name: { description: NAME_HELP, type: 'string', pattern: FUNCTION_NAME.source, examples: ['hello'] },
        ...settings,
      },
      required: ['name'],
      additionalProperties: false,
    },
  };
}

/** What a handler is for each family of runtimes. */
function handlerHelp(): string {
  const defaults: string[] = [];
  const executables: string[] = [];
  for (const family of FAMILIES) {
    const { entry, handler } = DESCRIPTORS[family];
    if (entry.kind === 'interpreter') defaults.push(`${handler.default} for ${family}`);
    else executables.push(`The runtime '${family}' starts the executable \`${entry.file}\` and hands this text to it.`);
  }
  const files = 'What is called: `file.export`, the file without its ending.';
  return [files, `By default ${defaults.join(', ')}.`, ...executables].join(' ');
}

function functionSettings(kinds: readonly TriggerKind[]): Record<string, JsonSchema> {
  return {
    description: {
      description: 'What the function is for, in a sentence.',
      type: 'string',
      default: DEFAULT_CONFIG.description,
    },
    runtime: { description: 'What runs the code.', type: 'string', examples: [...KNOWN_RUNTIMES] },
    handler: {
      description: handlerHelp(),
      type: 'string',
      minLength: 1,
      examples: ['index.handler', 'src/users.create', 'lambda_function.lambda_handler'],
    },
    path: {
      description: "Folder of the function's source, relative to lam.yaml and inside its folder.",
      type: 'string',
      minLength: 1,
      default: '.',
      examples: ['functions/hello'],
    },
    memory: number('Memory a sandbox may use, MiB.', 'integer', limitsOf('memoryMiB', 256)),
    timeout: number(
      'How long one invocation may run, seconds; fractions allowed. Starting up is not part of it.',
      'number',
      inSeconds(limitsOf('timeoutMs', 30_000)),
    ),
    cpus: number('Processor cores a sandbox may use; fractions allowed.', 'number', limitsOf('cpus', 0.5)),
    pids: number('Processes and threads a sandbox may have, together.', 'integer', limitsOf('pids', 64)),
    tmp: number('Size of /tmp, MiB.', 'integer', limitsOf('tmpMiB', 64)),
    environment: {
      description: 'Environment variables. Values are taken as they stand; nothing is put in for ${NAME}.',
      type: 'object',
      additionalProperties: { type: ['string', 'number', 'boolean'] },
      default: {},
      examples: [{ LOG_LEVEL: 'debug' }],
    },
    network: {
      description: '`on`: as on the host. `none`: loopback only, where the driver can.',
      enum: ['on', 'none'],
      default: DEFAULT_CONFIG.network,
    },
    image: {
      description: "Container image to run in; the runtime's own when left out. Only the Docker driver uses it.",
      type: 'string',
      minLength: 1,
      examples: ['node:24-slim'],
    },
    ...scaling(),
    triggers: triggerSettings(kinds),
    ...shortForms(kinds),
    build: buildSettings(),
  };
}

/** Each entry by the schema of its type; a chain of `if` and `then`, because its faults name the setting itself. */
function triggerSettings(kinds: readonly TriggerKind[]): JsonSchema {
  const types = kinds.map(({ type }) => type);
  return {
    description: 'What invokes the function without a direct caller, of all types in one list.',
    type: 'array',
    items: {
      type: 'object',
      properties: { type: { description: 'What kind of trigger it is.', type: 'string', enum: types } },
      required: ['type'],
      allOf: kinds.map(({ type, schema }) => ({
        if: { properties: { type: { const: type } }, required: ['type'] },
        // oxlint-disable-next-line no-thenable -- a keyword of JSON schema, on an object nobody awaits
        then: {
          description: schema.description,
          properties: { type: { const: type }, name: NAME_SCHEMA, ...schema.properties },
          required: schema.required,
          additionalProperties: false,
        },
      })),
    },
    default: [],
    examples: [kinds.slice(0, 1).map(exampleOf)],
  };
}

/** An entry of a type, from the examples of its settings. */
function exampleOf({ type, schema }: TriggerKind): JsonSchema {
  const settings = schema.required.map((key) => [key, schema.properties[key]?.examples?.[0]]);
  return { type, ...Object.fromEntries(settings) };
}

function shortForms(kinds: readonly TriggerKind[]): Record<string, JsonSchema> {
  return Object.fromEntries(
    shortFormsOf(kinds).map(({ form: { key, description, examples } }) => [
      key,
      { description, type: 'array', items: { type: 'string' }, default: [], examples },
    ]),
  );
}

function scaling(): Record<string, JsonSchema> {
  return {
    concurrency: number(
      'Requests that one sandbox may handle at the same time.',
      'integer',
      limitsOf('concurrency', 20),
    ),
    maxConcurrency: number(
      'Requests that may be handled at once in all; further ones queue.',
      'integer',
      limitsOf('maxConcurrency', 10),
    ),
    queue: number('Requests that may wait; further ones are answered 429.', 'integer', limitsOf('maxQueue', 100)),
    minWarm: number('Sandboxes that are kept warm whether or not anybody calls.', 'integer', limitsOf('minWarm', 1)),
    idle: number(
      'How long an unused sandbox stays warm, seconds; fractions allowed. Left out, lam decides from when the function is called.',
      'number',
      inSeconds(limitsOf('idleTimeoutMs', 60_000)),
    ),
  };
}

function buildSettings(): JsonSchema {
  return {
    description: 'How the source is built on the machine that deploys.',
    type: 'object',
    properties: {
      command: {
        description: "Shell command, run in the function's folder before it is packaged.",
        type: 'string',
        minLength: 1,
        examples: ['CGO_ENABLED=0 go build -o bootstrap .'],
      },
      bundle: {
        description:
          'Bundle the handler and what it imports into one file with esbuild, and package only that and what `include` names. By default true for a TypeScript handler, else false.',
        type: 'boolean',
      },
      include: {
        description:
          "Patterns, as in .gitignore, of files to package although .lamignore, lam's own list or bundling would leave them out.",
        type: 'array',
        items: { type: 'string', minLength: 1 },
        default: [],
        examples: [['views/**', 'data.json']],
      },
      dependencies: {
        description:
          '`auto`: package what package.json or requirements.txt declare, installing it where needed. `none`: package the folder as it is.',
        enum: ['auto', 'none'],
        default: 'auto',
      },
    },
    additionalProperties: false,
  };
}

interface Limits {
  readonly bounds: readonly [number, number];
  /** Null: lam decides. */
  readonly byDefault: number | null;
  readonly example: number;
}

function number(description: string, type: 'integer' | 'number', { bounds, byDefault, example }: Limits): JsonSchema {
  const settled = byDefault === null ? {} : { default: byDefault };
  return { description, type, minimum: bounds[0], maximum: bounds[1], ...settled, examples: [example] };
}

function limitsOf(field: keyof typeof CONFIG_BOUNDS, example: number): Limits {
  return { bounds: CONFIG_BOUNDS[field], byDefault: DEFAULT_CONFIG[field], example };
}

/** From milliseconds, the contract's unit, to seconds, the author's. */
function inSeconds({ bounds, byDefault, example }: Limits): Limits {
  return {
    bounds: [bounds[0] / 1000, bounds[1] / 1000],
    byDefault: byDefault === null ? null : byDefault / 1000,
    example: example / 1000,
  };
}

function without(settings: Record<string, JsonSchema>, names: readonly string[]): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));
}
