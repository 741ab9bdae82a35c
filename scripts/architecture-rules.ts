import type { IForbiddenRuleType } from 'dependency-cruiser';

/** What a room may import. */
export interface Room {
  /** Other rooms, through their index.ts. */
  readonly may: readonly string[];
  /** Single files of other rooms, as paths under src. */
  readonly files?: readonly string[];
  /** npm packages that live only here. */
  readonly packages?: readonly string[];
}

/** The table of docs/ARCHITECTURE.md as data, from which the rules below are made; a test compares the two. */
export const ROOMS: Readonly<Record<string, Room>> = {
  errors: { may: [] },
  kit: { may: ['errors'] },
  contract: { may: ['errors'] },
  runtimes: { may: ['kit', 'errors'] },
  bootstraps: {
    may: [],
    // The channel of the relay and what it delivers, the grammar of handlers that are command lines, what the kernel needs to start a file, AWS's words for signals.
    files: [
      'executor/frames.ts',
      'executor/relay-frames.ts',
      'executor/runtime-api/executable.ts',
      'executor/runtime-api/telemetry/deliver.ts',
      'runtimes/command-line.ts',
      'runtimes/unpacked-image.ts',
      'kit/signal-word.ts',
    ],
  },
  http: { may: ['kit'] },
  executor: { may: ['http', 'kit', 'contract', 'errors'] },
  driver: { may: ['executor', 'runtimes', 'contract', 'kit', 'errors'], packages: ['dockerode'] },
  observer: { may: ['contract', 'kit'] },
  pool: {
    may: ['observer', 'contract', 'kit', 'errors', 'runtimes'],
    files: ['driver/sandbox.ts', 'executor/session.ts'],
  },
  store: { may: ['contract', 'kit', 'errors'], packages: ['lowdb', 'tar-stream', 'yauzl'] },
  access: { may: ['contract', 'kit', 'errors'], packages: ['jose'] },
  triggers: {
    may: ['access', 'contract', 'kit', 'errors'],
    packages: [
      '@aws-sdk/client-sqs',
      '@nats-io/jetstream',
      '@nats-io/transport-node',
      'amqplib',
      'croner',
      '@platformatic/kafka',
      'ioredis',
      'mqtt',
      'pg',
    ],
  },
  registry: { may: ['store', 'triggers', 'runtimes', 'contract', 'kit', 'errors'] },
  logs: { may: ['contract', 'kit', 'errors'] },
  queue: { may: ['contract', 'kit', 'errors'] },
  background: { may: ['queue', 'contract', 'kit', 'errors'] },
  limits: { may: ['contract', 'kit', 'errors'] },
  router: {
    may: ['pool', 'limits', 'logs', 'observer', 'contract', 'kit', 'errors'],
    files: ['executor/session.ts'],
  },
  operations: { may: ['registry', 'store', 'logs', 'queue', 'runtimes', 'contract', 'kit', 'errors'] },
  edge: {
    may: ['http', 'limits', 'operations', 'router', 'triggers', 'access', 'contract', 'kit', 'errors'],
    packages: ['@fastify/busboy', 'aws4fetch', 'mrmime', 'prom-client', 'range-parser'],
  },
  daemon: {
    may: [
      'edge',
      'operations',
      'router',
      'registry',
      'triggers',
      'access',
      'store',
      'logs',
      'queue',
      'background',
      'limits',
      'observer',
      'pool',
      'driver',
      'runtimes',
      'contract',
      'kit',
      'errors',
    ],
    packages: ['rotating-file-stream'],
  },
  simulator: { may: ['kit', 'errors'], files: ['pool/policy/index.ts'] },
  client: { may: ['contract', 'kit', 'errors'] },
  project: { may: ['triggers', 'runtimes', 'contract', 'kit', 'errors'], packages: ['yaml', 'ajv'] },
  scaffold: { may: ['project', 'runtimes', 'contract', 'kit', 'errors'] },
  build: {
    // The layout of a container with this machine's own programs, for builds.
    files: ['driver/docker/base/host-base.ts'],
    may: ['project', 'runtimes', 'contract', 'kit', 'errors'],
    packages: ['archiver', 'execa', 'ignore'],
  },
  oci: { may: ['contract', 'kit', 'errors'] },
  cli: {
    may: ['client', 'project', 'scaffold', 'build', 'simulator', 'oci', 'contract', 'kit', 'errors', 'runtimes'],
    // `lam runtimes` looks for interpreters and for an engine as the drivers do, without a daemon.
    files: [
      'driver/shared/interpreters.ts',
      'driver/docker/probe.ts',
      // `lam runtimes build` and `pull` give the engine images.
      'driver/docker/runtime-images.ts',
    ],
    packages: ['@oclif/core', '@clack/prompts', 'listr2', 'chalk'],
  },
};

/**
 * Packages that take tens of milliseconds to load, and files that must not load them, not even through other static imports.
 * scripts/check-architecture.ts follows the imports, because dependency-cruiser's reachability counts dynamic imports.
 */
export const LIGHT = '^src/(cli/(entry|fast)|client)/';
export const HEAVY: readonly string[] = [
  'dockerode',
  'execa',
  'archiver',
  'listr2',
  '@clack/prompts',
  'esbuild',
  '@oclif/core',
  'chalk',
  'ajv',
  'yaml',
  'lowdb',
  'yauzl',
  'croner',
  'amqplib',
  '@platformatic/kafka',
  'ioredis',
  'mqtt',
  'jose',
  '@nats-io/jetstream',
  '@nats-io/transport-node',
  '@aws-sdk/client-sqs',
  'pg',
  'prom-client',
  'tar-stream',
  '@fastify/busboy',
];

/** Interface files of rooms, importable because index.ts would load the whole room. */
export const OPEN_FILES: readonly string[] = [
  'driver/sandbox.ts',
  'driver/docker/base/host-base.ts',
  'driver/shared/interpreters.ts',
  'driver/docker/probe.ts',
  'driver/docker/runtime-images.ts',
  'executor/session.ts',
  'executor/runtime-api/executable.ts',
  'executor/frames.ts',
  'executor/relay-frames.ts',
  'executor/runtime-api/telemetry/deliver.ts',
  'client/raw-http.ts',
  'pool/policy/index.ts',
  'triggers/supervisor/index.ts',
];

/** Code whose start-up time depends on the number of modules, so that it may import single files of the ground floor. */
const COUNTS_MODULES = ['^src/cli/(fast|entry)/', '^src/client/', '^src/bootstraps/', '^src/executor/frames\\.ts$'];

/** Files that run when loaded: started as programs, never imported. */
const MAINS =
  '^src/daemon/main\\.ts$|^src/logs/worker\\.ts$|^src/queue/embedded/worker\\.ts$|^src/bootstraps/[^/]+/main\\.ts$|^src/cli/entry/';

/** Rooms that start child processes. */
export const STARTS_PROCESSES: readonly string[] = ['bootstraps', 'client', 'driver', 'oci', 'scaffold', 'store'];

/** The part of a trigger kind that only the daemon loads, when the first such trigger goes live. */
const RUNNING_HALF = '^src/triggers/[^/]+/run(/|\\.ts$)';

const escaped = (text: string): string => text.replaceAll('.', '\\.');
const anyOf = (texts: readonly string[]): string => `(${texts.map(escaped).join('|')})`;
const packagePath = (names: readonly string[]): string => `(^|/)node_modules/${anyOf(names)}(/|$)`;

function roomRules([room, { may, files = [], packages = [] }]: [string, Room]): IForbiddenRuleType[] {
  const allowed = [`^src/${room}/`, ...may.map((r) => `^src/${r}/`), ...files.map((f) => `^src/${escaped(f)}$`)];
  const rules: IForbiddenRuleType[] = [
    {
      name: `${room}-imports`,
      severity: 'error',
      comment: `src/${room} may import only: ${[...may, ...files].join(', ') || 'nothing'}. Move the code, or pass it in as an argument (docs/ARCHITECTURE.md).`,
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: allowed },
    },
  ];
  if (packages.length > 0) {
    rules.push({
      name: `${room}-packages`,
      severity: 'error',
      comment: `${packages.join(', ')}: only src/${room} may load it. Ask that room for what you need.`,
      from: { path: '^src/', pathNot: `^src/${room}/` },
      to: { path: packagePath(packages) },
    });
  }
  return rules;
}

/** What any module may import: its own room, an index.ts, an open file. */
const INSIDE = [
  '^src/$1/',
  '^src/[^/]+/index\\.ts$',
  '^src/driver/(docker|process)/index\\.ts$',
  ...OPEN_FILES.map((f) => `^src/${escaped(f)}$`),
];

const homes = Object.values(ROOMS).flatMap((r) => r.packages ?? []);

const forbidden: IForbiddenRuleType[] = [
  ...Object.entries(ROOMS).flatMap(roomRules),
  {
    name: 'no-unknown-room',
    severity: 'error',
    comment: 'Every folder of src is a room with a row in the table above and in docs/ARCHITECTURE.md.',
    from: { path: '^src/', pathNot: `^src/${anyOf(Object.keys(ROOMS))}/` },
    to: {},
  },
  {
    name: 'through-the-front-door',
    severity: 'error',
    comment: 'A room is entered through its index.ts, or one of the interface files that docs/ARCHITECTURE.md names.',
    from: { path: '^src/([^/]+)/', pathNot: COUNTS_MODULES },
    to: { path: '^src/[^/]+/', pathNot: INSIDE },
  },
  {
    name: 'through-the-front-door-where-modules-count',
    severity: 'error',
    comment:
      'A room above the ground floor is entered through its index.ts, or one of the interface files that docs/ARCHITECTURE.md names.',
    from: { path: ['^src/([^/]+)/'], pathNot: `^(?!${COUNTS_MODULES.join('|')})` },
    to: { path: '^src/[^/]+/', pathNot: [...INSIDE, '^src/(errors|kit|contract|runtimes)/'] },
  },
  {
    name: 'apis-know-no-other',
    severity: 'error',
    comment: 'A wire API knows no other: what two of them need stands beside src/edge/apis (docs/ARCHITECTURE.md).',
    from: { path: '^src/edge/apis/([^/]+)/' },
    to: { path: '^src/edge/apis/', pathNot: '^src/edge/apis/$1/' },
  },
  {
    name: 'apis-through-their-list',
    severity: 'error',
    comment: 'The readers and all else of src/edge know wire APIs only through the list in src/edge/apis/index.ts.',
    from: { path: '^src/edge/', pathNot: '^src/edge/apis/' },
    to: { path: '^src/edge/apis/', pathNot: '^src/edge/apis/index\\.ts$' },
  },
  {
    name: 'one-home-for-a-package',
    severity: 'error',
    comment: 'A package needs a home in the table above and a line in docs/ARCHITECTURE.md.',
    from: { path: '^src/' },
    to: {
      path: '(^|/)node_modules/',
      pathNot: [packagePath(homes), '(^|/)node_modules/@types/node/'],
      dependencyTypesNot: ['core', 'type-only'],
    },
  },
  {
    name: 'no-cycles',
    severity: 'error',
    comment:
      'Two files that need each other are one file, or miss a third. (Dynamic imports may close a circle, types may not.)',
    from: { path: '^src/' },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
  },
  {
    name: 'no-tests-in-src',
    severity: 'error',
    comment: 'src never imports test, scripts or bench.',
    from: { path: '^src/' },
    to: { path: '^(test|scripts|bench)/' },
  },
  {
    name: 'nobody-imports-a-main',
    severity: 'error',
    comment: 'A main.ts or worker.ts runs on load: it is started, never imported.',
    from: { path: '^src/' },
    to: { path: MAINS, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'triggers-run-in-the-daemon',
    severity: 'error',
    comment: 'What runs triggers is loaded by the daemon alone; the CLI only checks them (docs/ARCHITECTURE.md).',
    from: { path: '^src/', pathNot: '^src/(daemon|triggers/supervisor)/' },
    to: { path: '^src/triggers/supervisor/' },
  },
  {
    name: 'a-kind-runs-when-first-used',
    severity: 'error',
    comment: "The running half of a kind is loaded by its kind's load() with a dynamic import, never before.",
    from: { path: '^src/', pathNot: RUNNING_HALF },
    to: { path: RUNNING_HALF, dependencyTypesNot: ['dynamic-import', 'type-only'] },
  },
  {
    name: 'packages-of-a-kind-in-its-running-half',
    severity: 'error',
    comment: 'The CLI loads the rest of a kind: a package of its belongs into `<kind>/run.ts` or `<kind>/run/`.',
    from: { path: '^src/triggers/', pathNot: RUNNING_HALF },
    to: { path: '(^|/)node_modules/', pathNot: '(^|/)node_modules/@types/', dependencyTypesNot: ['type-only', 'core'] },
  },
  {
    name: 'kinds-apart',
    severity: 'error',
    comment: 'A kind of trigger knows no other; what two of them need lies beside their folders, or in `source`.',
    from: { path: '^src/triggers/([^/]+)/' },
    to: { path: '^src/triggers/[^/]+/', pathNot: '^src/triggers/($1|source)/' },
  },
  {
    name: 'processes-in-few-places',
    severity: 'error',
    comment: `Only ${STARTS_PROCESSES.join(', ')} start child processes.`,
    from: { path: '^src/', pathNot: `^src/${anyOf(STARTS_PROCESSES)}/` },
    to: { path: '^(node:)?child_process$', dependencyTypes: ['core'] },
  },
  {
    name: 'no-unresolvable',
    severity: 'error',
    comment: 'An import that leads nowhere escapes every other rule.',
    from: { path: '^src/' },
    to: { couldNotResolve: true, pathNot: '^node:' },
  },
  {
    name: 'packages-are-bundled',
    severity: 'error',
    comment:
      'Packages are bundled into dist/ and listed under "devDependencies"; "dependencies" names the programs that an installed lam starts.',
    from: { path: '^src/' },
    to: {
      dependencyTypes: ['npm', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
      dependencyTypesNot: ['type-only'],
    },
  },
];

export default {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js'],
    },
  },
};
