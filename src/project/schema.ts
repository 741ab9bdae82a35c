import { DEFAULT_CONFIG, FUNCTION_NAME, LIMITS, NETWORKS, PAYLOAD_FORMATS } from '../contract/index.ts';
import { NAME_SCHEMA, shortFormsOf, TRIGGER_KINDS, type TriggerKind } from '../triggers/index.ts';
import { eventSettings } from './event-schema.ts';
import { inSeconds, limitsOf, number } from './number-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import { DESCRIPTORS, FAMILIES, KNOWN_RUNTIMES } from '../runtimes/index.ts';

/** Path, relative to lam.yaml, where `lam init` puts the schema for editors. */
export const SCHEMA_PATH = '.lam/lam.schema.json';

const NAME_HELP = "The function's name: 1 to 64 of a-z, A-Z, 0-9, '-' and '_'.";

/**
 * Returns the JSON schema of lam.yaml, which editors complete from and the loader checks against. A copy is in
 * `schema/lam.schema.json`. `kinds`: known kinds of triggers.
 */
export function projectSchema(kinds: readonly TriggerKind[] = TRIGGER_KINDS): JsonSchema {
  const settings = functionSettings(kinds);
  // Not allowed in `defaults`: several functions rarely share a folder or triggers, and cannot share routes.
  const own = ['path', 'triggers', ...shortFormsOf(kinds).map(({ form }) => form.key)];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'lam.schema.json',
    title: 'lam project',
    description: 'One function at the top level, or many under `functions`.',
    type: 'object',
    if: { required: ['functions'] },
    // oxlint-disable-next-line no-thenable -- a keyword of JSON schema, on an object that is never awaited
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
          description: 'Settings for functions that do not set them. Maps (environment, build) are merged key by key.',
          type: 'object',
          properties: without(settings, own),
          additionalProperties: false,
        },
        ...sharedSettings(kinds),
      },
      additionalProperties: false,
    },
    else: {
      properties: {
        name: { description: NAME_HELP, type: 'string', pattern: FUNCTION_NAME.source, examples: ['hello'] },
        ...settings,
        ...sharedSettings(kinds),
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
    else if (entry.kind === 'executable') executables.push(family);
  }
  const files = 'What is called: `file.export`, the file without its extension.';
  const passed = `Programs (${executables.join(', ')}) only get it as a text.`;
  return [files, `By default ${defaults.join(', ')}.`, passed].join(' ');
}

const VERIFY: JsonSchema = {
  description:
    'Whether a deploy loads the code once in a sandbox before it goes live. With `false` it goes live without, like `lam deploy --no-verify`.',
  type: 'boolean',
  default: true,
};

const LAYERS: JsonSchema = {
  description:
    'Folders, zips and published layer versions (`NAME:VERSION`) whose files the function finds below /opt; a later one wins over an earlier one.',
  type: 'array',
  items: { type: 'string', minLength: 1 },
  maxItems: LIMITS.layers,
  default: [],
  examples: [['./layers/common', 'tools:3']],
};

function functionSettings(kinds: readonly TriggerKind[]): Record<string, JsonSchema> {
  return {
    ...code(),
    ...limits(),
    ...surroundings(),
    layers: LAYERS,
    ...scaling(),
    async: eventSettings(),
    triggers: triggerSettings(kinds),
    ...shortForms(kinds),
    build: buildSettings(),
    verify: VERIFY,
  };
}

/** What runs. */
function code(): Record<string, JsonSchema> {
  return {
    description: {
      description: 'What the function does, in one sentence.',
      type: 'string',
      default: DEFAULT_CONFIG.description,
    },
    runtime: { description: 'Language environment that runs the code.', type: 'string', examples: [...KNOWN_RUNTIMES] },
    handler: {
      description: handlerHelp(),
      type: 'string',
      minLength: 1,
      examples: ['index.handler', 'src/users.create', 'lambda_function.lambda_handler'],
    },
    path: {
      description:
        "Folder of the function's source, relative to lam.yaml; must be inside the folder of lam.yaml. Packages of other functions leave it out.",
      type: 'string',
      minLength: 1,
      default: '.',
      examples: ['functions/hello'],
    },
  };
}

/** What one sandbox may use. */
function limits(): Record<string, JsonSchema> {
  return {
    memory: number('Memory limit of a sandbox (MiB).', 'integer', limitsOf('memoryMiB', 256)),
    timeout: number(
      'Time limit of one invocation (seconds, fractions allowed). Start-up does not count.',
      'number',
      inSeconds(limitsOf('timeoutMs', 30_000)),
    ),
    cpus: number('Processor cores of a sandbox; fractions allowed.', 'number', limitsOf('cpus', 0.5)),
    pids: number('Limit on processes and threads of a sandbox, together.', 'integer', limitsOf('pids', 64)),
    tmp: number('Size of /tmp (MiB).', 'integer', limitsOf('tmpMiB', 64)),
  };
}

/** What the code finds around it. */
function surroundings(): Record<string, JsonSchema> {
  return {
    environment: {
      description: 'Environment variables. Values are used unchanged; ${NAME} is not expanded.',
      type: 'object',
      additionalProperties: { type: ['string', 'number', 'boolean'] },
      default: {},
      examples: [{ LOG_LEVEL: 'debug' }],
    },
    network: {
      description:
        '`on`: the internet; with Docker neither other sandboxes nor, if lam runs as root, this machine. `open`: these as well. `none`: loopback only, with Docker.',
      enum: [...NETWORKS],
      default: DEFAULT_CONFIG.network,
    },
    payload: {
      description:
        'Payload format of the events that HTTP requests become, and of the answers: `2.0` as function URLs and HTTP APIs send it, `1.0` as REST APIs do, for older libraries.',
      // An unquoted 1.0 is a number in YAML.
      enum: [...PAYLOAD_FORMATS, 1, 2],
      default: DEFAULT_CONFIG.payload,
    },
    image: {
      description:
        "Container image to run in; by default the runtime's own. Only the Docker driver uses it. With the runtimes `image` and `stdio-image` the image is the function: its name, or the path of a tar that `docker save` made.",
      type: 'string',
      minLength: 1,
      examples: ['node:24-slim', './image.tar'],
    },
    imageConfig: imageConfig(),
  };
}

/** Each entry by its type's schema, with `if` and `then`: unlike those of `oneOf`, their errors name the setting. */
function triggerSettings(kinds: readonly TriggerKind[]): JsonSchema {
  const types = kinds.map(({ type }) => type);
  return {
    description: 'What invokes the function without a direct caller: a list of triggers of all types.',
    type: 'array',
    items: {
      type: 'object',
      properties: { type: { description: 'Kind of the trigger.', type: 'string', enum: types } },
      required: ['type'],
      allOf: kinds.map(({ type, schema }) => ({
        if: { properties: { type: { const: type } }, required: ['type'] },
        // oxlint-disable-next-line no-thenable -- a keyword of JSON schema, on an object that is never awaited
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

/** Returns an example entry, made of the examples of its settings. */
function exampleOf({ type, schema }: TriggerKind): JsonSchema {
  const settings = schema.required.map((key) => [key, schema.properties[key]?.examples?.[0]]);
  return { type, ...Object.fromEntries(settings) };
}

function shortForms(kinds: readonly TriggerKind[]): Record<string, JsonSchema> {
  return Object.fromEntries(
    kinds.flatMap(({ shortForm, schema }) => {
      if (shortForm === undefined) return [];
      const { key, description, examples } = shortForm;
      const { properties, required } = schema;
      // The keywords of a map do not apply to an item that is a text.
      const items = {
        type: ['string', 'object'],
        properties: { name: NAME_SCHEMA, ...properties },
        required,
        additionalProperties: false,
      };
      return [[key, { description, type: 'array', items, default: [], examples }]];
    }),
  );
}

/** What a project may give to all its triggers of a kind, under the name of the kind. */
function sharedSettings(kinds: readonly TriggerKind[]): Record<string, JsonSchema> {
  return Object.fromEntries(
    kinds.flatMap(({ type, noun, schema, inherited = [] }) => {
      if (inherited.length === 0) return [];
      const description = `Settings for each ${noun} of the project that does not have its own.`;
      const properties = Object.fromEntries(inherited.map((key) => [key, schema.properties[key]]));
      return [[type, { description, type: 'object', properties, default: {}, additionalProperties: false }]];
    }),
  );
}

function imageConfig(): JsonSchema {
  const words = (description: string, examples: readonly string[]): JsonSchema => ({
    description,
    type: 'array',
    items: { type: 'string' },
    examples: [examples],
  });
  return {
    description: 'What is overridden of the image of a function whose runtime is an image.',
    type: 'object',
    properties: {
      entryPoint: words("Program and first arguments, in place of the image's ENTRYPOINT and CMD.", ['/app/bootstrap']),
      command: words("Further arguments, in place of the image's CMD.", ['app.handler']),
      workingDirectory: {
        description: "Folder in place of the image's WORKDIR.",
        type: 'string',
        pattern: '^/',
        examples: ['/var/task'],
      },
    },
    examples: [{ command: ['app.handler'] }],
    additionalProperties: false,
  };
}

function scaling(): Record<string, JsonSchema> {
  return {
    concurrency: number(
      'Requests that one sandbox may handle at the same time.',
      'integer',
      limitsOf('concurrency', 20),
    ),
    maxConcurrency: number(
      'Requests that all sandboxes may handle at the same time; further ones are queued.',
      'integer',
      limitsOf('maxConcurrency', 10),
    ),
    queue: number('Queue length; requests beyond it are answered 429.', 'integer', limitsOf('maxQueue', 100)),
    provisionedConcurrency: number(
      'Sandboxes that are kept warm without requests.',
      'integer',
      limitsOf('provisionedConcurrency', 1),
    ),
    rateLimit: number(
      'Requests per second; further ones are answered 429. Changed live with `lam config set`.',
      'number',
      limitsOf('rateLimit', 10),
    ),
    burst: number(
      'Requests that rateLimit admits at once; by default those of a second.',
      'integer',
      limitsOf('burst', 20),
    ),
    reservedConcurrency: number(
      'Requests that may run or wait at the same time; further ones are answered 429. 0 stops the function.',
      'integer',
      limitsOf('reservedConcurrency', 5),
    ),
    idle: number(
      'How long an idle sandbox stays warm (seconds, fractions allowed). By default lam decides from when the function is called.',
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
      dockerfile: {
        description:
          "Dockerfile of a function whose runtime is an image, relative to the function's folder, which is its context.",
        type: 'string',
        minLength: 1,
        examples: ['Dockerfile'],
      },
      bundle: {
        description:
          'Bundle the handler and what it imports into one file with esbuild, and package only that and what `include` names. By default true for a TypeScript handler, else false.',
        type: 'boolean',
      },
      include: {
        description:
          "Patterns, as in .gitignore, of files to package although .lamignore, lam's built-in list or bundling excludes them.",
        type: 'array',
        items: { type: 'string', minLength: 1 },
        default: [],
        examples: [['views/**', 'data.json']],
      },
      inContainer: {
        description: 'Run the build command and tools (npm, pip, compilers) in a container of a Docker engine.',
        type: 'boolean',
        default: false,
      },
      image: {
        description:
          "Image to build in; by default a container with this machine's own programs. Only with `inContainer`.",
        type: 'string',
        minLength: 1,
        examples: ['golang:1.26'],
      },
      dependencies: {
        description:
          '`auto`: install and package the dependencies in package.json or requirements.txt. `none`: package the folder as it is.',
        enum: ['auto', 'none'],
        default: 'auto',
      },
    },
    additionalProperties: false,
  };
}

function without(settings: Record<string, JsonSchema>, names: readonly string[]): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));
}
