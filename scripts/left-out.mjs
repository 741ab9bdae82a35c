// Test files that some lanes leave out, because another lane shows the same; a file that is not named here runs in all.
// Plain JavaScript for Node 20.

/** Rooms and files of test/unit that compute, or that use but ports and folders of their own, whoever runs them. */
export const OF_NO_USER = new Set([
  ...['access', 'bench', 'bootstraps', 'contract', 'edge', 'errors', 'house', 'http', 'limits', 'observer'],
  ...['operations', 'pool', 'project', 'router', 'runtimes', 'simulator', 'triggers/folder'],
  ...['scaffold/template-tests.test.ts'],
]);

/** The files with the tests of these names. */
const files = (...names) => new Set(names.map((name) => `${name}.test.ts`));

/** Of test/conformance: programs that tests start themselves, as they would for anyone, and what keeps events and names. */
export const BESIDE_DRIVERS = files(
  ...['catalogue-store', 'concurrency-nodejs', 'concurrency-ruby', 'deno-bun', 'errors-nodejs', 'errors-ruby'],
  ...['gems-ruby', 'invocation-queue', 'php', 'streaming-generators', 'streaming-many', 'streaming-nodejs'],
);

/** Of test/e2e: what commands print and accept, which does not depend on who runs them. */
export const OF_TEXTS = files(
  ...[
    'aliases',
    'api-keys',
    'async',
    'keys-of-apis',
    'bad-input-names',
    'bad-input-requests',
    'cli',
    'completion',
    'deploy-many',
  ],
  ...['diff', 'errors-point', 'init-from', 'init-prompts', 'invoke', 'logs', 'logs-fast', 'logs-several', 'mistyped'],
  ...['npm-test', 'oci', 'projects', 'rebuilt', 'route-auth', 'routes', 'schedules', 'settings', 'simulate'],
  ...['streaming-invoke', 'triggers', 'width'],
);

/**
 * Of test/e2e: what the daemon does, above all under load and over kills, which depends neither on its user nor on how lam
 * is packed.
 */
export const OF_THE_DAEMON = files(
  ...[
    'async-kill',
    'aws-cli',
    'aws-clients',
    'bad-input-code',
    'bad-input-zip',
    'bash',
    'compiled-templates',
    'composition',
  ],
  ...['composition-docker', 'concurrency', 'concurrency-docker', 'concurrency-moves', 'destinations-kill', 'disk'],
  ...['faults-under-load', 'faults-under-load-docker', 'faults-under-load-memory', 'faults-under-load-runtime-api'],
  ...[
    'folder',
    'frameworks',
    'http',
    'idempotency-kill',
    'java-archive',
    'java-bad-input',
    'lambda-frameworks',
    'leaves-after-answer',
    'lifecycle-kill',
  ],
  ...['logs-follow', 'memory-after-output', 'mixed-versions', 'payload-formats', 'streaming', 'streaming-docker'],
  ...['mini-lambda', 'trigger-examples', 'verification', 'warm'],
);

/**
 * Of test/e2e: what functions and their containers find, which does not depend on how lam is packed. Tests of the process
 * driver are not in it where it matters which Node runs functions.
 */
export const IN_SANDBOXES = files(
  ...['disk-full', 'docker-faults', 'handlers-docker', 'handlers-output', 'image-extensions-docker'],
  ...['image-ric-docker', 'images-docker', 'isolation/docker', 'layers-attacked', 'left-in-tmp', 'mini-lambda-docker'],
  ...['repair'],
);
