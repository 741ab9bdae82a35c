import { entry } from '../entry.ts';

/** Error types of code that cannot be loaded anywhere. */
const CODE_FAULTS = /^Runtime\.(?:UserCodeSyntaxError|ImportModuleError|HandlerNotFound|InvalidEntrypoint|Malformed)/;

export const OPERATIONS = {
  LAM_OPERATIONS_IMAGE_NOT_FOUND: entry<{ image: string; isUnpacked: boolean; nearest?: string; reason?: string }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) =>
      `there is no container image '${d.image}'${d.reason === undefined ? '' : `, and it cannot be pulled: ${d.reason}`}`,
    hint: (d) =>
      d.nearest !== undefined
        ? `did you mean '${d.nearest}'?`
        : d.isUnpacked
          ? `upload it to this port: docker save '${d.image}' > image.tar && curl -F image=@image.tar http://localhost:8300/images`
          : 'see what the engine has: docker images',
  }),
  LAM_OPERATIONS_IMAGE_OF_ENGINE: entry<{ image: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `the container image '${d.image}' is one of the Docker engine, which lam does not remove`,
    hint: (d) => `remove it there: docker rmi '${d.image}'`,
  }),
  LAM_OPERATIONS_IMAGE_NO_COMMAND: entry<{ image: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) =>
      `the container image '${d.image}' has neither an entry point nor a command, so nothing can be started`,
    hint: () => 'add CMD or ENTRYPOINT to its Dockerfile, and build it again',
  }),
  LAM_OPERATIONS_INVOCATION_NOT_FOUND: entry<{ id: string }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) => `there is no asynchronous invocation '${d.id}'; finished ones are deleted after some time`,
    hint: () => 'see those that are kept: lam invocations',
  }),
  LAM_OPERATIONS_INVOCATION_FINISHED: entry<{ id: string; state: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `asynchronous invocation '${d.id}' has finished already: ${d.state}`,
    hint: (d) => `see its result: lam result ${d.id}`,
  }),
  LAM_OPERATIONS_INVOCATION_PENDING: entry<{ id: string; state: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `asynchronous invocation '${d.id}' has not finished yet: ${d.state}`,
    hint: (d) => `wait for it: lam result ${d.id} --wait; or end it first: lam cancel ${d.id}`,
  }),
  LAM_OPERATIONS_INVOCATION_CANCELLED: entry<{ id: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `asynchronous invocation '${d.id}' was cancelled and has no result`,
    hint: (d) => `run its event again: lam retry ${d.id}`,
  }),
  LAM_OPERATIONS_EVENTS_FULL: entry<{ name: string; most: number }>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) => `'${d.name}' has ${d.most} waiting events, as many as it may have; the event was not accepted`,
    hint: (d) =>
      `send it later, see what waits: lam invocations ${d.name}; or allow more: lam config set ${d.name} maximumQueuedEvents=${Math.max(1000, d.most * 2)}`,
  }),
  LAM_OPERATIONS_DEAD_LETTERS_FULL: entry<{ name: string; most: number }>({
    kind: 'host_failure',
    fault: 'caller',
    aws: 'ServiceException',
    message: (d) =>
      `'${d.name}' has as many dead letters as are kept (${d.most}, or 1 GiB); until some are gone its events are not accepted`,
    hint: (d) =>
      `see why they failed: lam dlq list ${d.name}; then run them again or delete them: lam dlq purge --function ${d.name}`,
  }),
  LAM_OPERATIONS_START_TIME: entry<{ at: string; fault: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `the event cannot start at ${d.at}: that ${d.fault}`,
    hint: () => 'give a time ahead, for instance in 10 minutes: lam invoke FUNCTION --async --in 10m',
  }),
  LAM_OPERATIONS_NOT_ALLOWED: entry<{
    key: string;
    operation: string;
    scopes: readonly string[];
    /** Of which one is enough. */
    wanted: readonly string[];
    functions: readonly string[];
    /** Whether a scope is missing; else the key is for other functions. */
    isScope: boolean;
    /** The function. */
    name?: string;
  }>({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'AccessDeniedException',
    message: (d) =>
      `the key '${d.key}' does not allow ${d.operation}${d.name === undefined ? '' : ` of '${d.name}'`}: ${
        d.isScope ? `it has the scope ${d.scopes.join(', ')}` : `it is for ${d.functions.join(', ')}`
      }`,
    hint: (d) =>
      d.isScope
        ? `use another key, or give it the scope: lam key update ${d.key} --scope ${[...d.scopes, d.wanted[0]].join(',')}`
        : `use another key, or widen it: lam key update ${d.key} --function ${[...d.functions, d.name ?? '*'].map((text) => `'${text}'`).join(',')}`,
  }),
  LAM_OPERATIONS_INVALID_VALUE: entry<{ what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => d.what,
  }),
  LAM_OPERATIONS_CHECK_FAILED: entry<{
    name: string;
    version: number;
    live: number | null;
    /** Whether the version exists. */
    kept: boolean;
    /** The change without a check; null where it cannot be named. */
    command: string | null;
    /** Type and message of the error in one line. */
    reason: string;
    errorType: string;
    errorMessage: string;
    stackTrace: readonly string[];
    output: readonly string[];
    /** What runs here instead of what is configured, as the driver says it. */
    notice?: string;
  }>({
    kind: 'build_failed',
    fault: 'function',
    message: (d) => `${stateOf(d)}: ${d.reason}`,
    hint: (d) => {
      if (d.live === d.version) return 'correct it and deploy again';
      const way = d.command ?? 'repeat the command with --no-verify';
      // Faults of the code itself need no other explanation.
      return CODE_FAULTS.test(d.errorType)
        ? `correct it and try again; without the check: ${way}`
        : `correct it and try again; if its start needs what is not there yet, skip the check: ${way}`;
    },
  }),
  LAM_OPERATIONS_OVERTAKEN: entry<{
    name: string;
    version: number;
    live: number | null;
    /** Whether the version alone is the change: new settings are not, which its live settings lack. */
    isWhole: boolean;
  }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) =>
      d.live === null
        ? `'${d.name}' was deleted while v${d.version} of it was checked; nothing was published`
        : `v${d.live} of '${d.name}' became live while v${d.version} was checked; v${d.version} is kept, not live`,
    hint: (d) => {
      if (d.live === null) return `deploy it again: lam deploy ${d.name}`;
      return d.isWhole ? `make it live: lam rollback ${d.name} v${d.version}` : 'repeat the command';
    },
  }),
  LAM_OPERATIONS_FILE_NOT_FOUND: entry<{ name: string; version: number; path: string }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) => `version ${d.version} of '${d.name}' has no file '${d.path}'`,
    hint: (d) => `see its files: lam describe ${d.name}@${d.version}`,
  }),
  LAM_OPERATIONS_LAYERS_CONFLICT: entry<{ why: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `the layers do not fit together: ${d.why}`,
    hint: () => 'remove the link or the file from one of them, or store files instead of links, then deploy again',
  }),
  LAM_OPERATIONS_LAYER_NOT_FOUND: entry<{
    name: string;
    version: number;
    /** Versions of the layer that exist, as text; absent for none. */
    existing?: string;
    nearest?: string;
  }>({
    kind: 'not_found',
    fault: 'caller',
    aws: 'ResourceNotFoundException',
    message: (d) => `layer version '${d.name}:${d.version}' does not exist`,
    hint: (d) => {
      if (d.existing !== undefined) return `'${d.name}' has ${d.existing}: lam layer list ${d.name}`;
      return d.nearest === undefined
        ? `publish it: lam layer publish ${d.name} FOLDER; or see what is published: lam layer list`
        : `did you mean '${d.nearest}'? see what is published: lam layer list`;
    },
  }),
  LAM_OPERATIONS_KEY_EXISTS: entry<{ name: string }>({
    kind: 'already_exists',
    fault: 'caller',
    message: (d) => `there is an API key '${d.name}' already`,
    hint: (d) => `choose another name, or revoke it first: lam key revoke ${d.name}`,
  }),
  LAM_OPERATIONS_KEY_NOT_FOUND: entry<{ name: string; nearest?: string }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) => `there is no API key '${d.name}'${d.nearest === undefined ? '' : `; did you mean '${d.nearest}'?`}`,
    hint: () => 'see which there are: lam key list',
  }),
  LAM_OPERATIONS_INVALID_KEY_NAME: entry<{ name: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.name.length > 80 ? `${d.name.slice(0, 77)}...` : d.name}' is not a name of an API key`,
    hint: () => 'use 1 to 64 of the characters a-z A-Z 0-9 - _ . and begin with a letter or digit',
  }),
  LAM_OPERATIONS_INVALID_LAYER_NAME: entry<{ name: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `'${d.name.length > 80 ? `${d.name.slice(0, 77)}...` : d.name}' is not a layer's name`,
    hint: () => 'use 1 to 140 of the characters a-z A-Z 0-9 - _',
  }),
};

function stateOf(d: { name: string; version: number; live: number | null; kept: boolean }): string {
  if (d.live === d.version) return `v${d.version} of '${d.name}' is live but fails its check`;
  if (d.live === null) return `'${d.name}' fails its check and was not deployed`;
  if (!d.kept) return `'${d.name}' fails its check (v${d.live} stays live)`;
  return `v${d.version} of '${d.name}' fails its check and is not live (v${d.live} is)`;
}
