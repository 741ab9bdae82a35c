import type { Entry } from '../entry.ts';
import { entry } from '../entry.ts';

export const CLI = {
  LAM_CLI_NO_TRIGGERS: entry<{ name: string }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) => `'${d.name}' has no triggers that the daemon runs`,
    hint: (d) =>
      `add one to 'triggers' in lam.yaml and deploy, or live: lam trigger add --help; routes are listed apart: lam route list ${d.name}`,
  }),
  LAM_CLI_UNQUOTED_ROUTE: entry<{ command: string; route: string; rest: readonly string[] }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: () => 'a route is one word for the shell: its method and path need quotes',
    hint: (d) => `quote it: lam ${d.command} '${d.route}'${d.rest.map((word) => ` ${word}`).join('')}`,
  }),
  LAM_CLI_SEVERAL_TRIGGERS: entry<{ name: string; triggers: readonly string[]; command: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.name}' has several triggers: ${d.triggers.join(', ')}`,
    hint: (d) => `name one: lam ${d.command} ${d.name} '${d.triggers[0] ?? ''}'`,
  }),
  LAM_CLI_USAGE: entry<{ what: string; command: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => d.what,
    hint: (d) => `see how it is used: lam ${d.command === '' ? '' : `${d.command} `}--help`,
  }),
  LAM_CLI_UNKNOWN_COMMAND: entry<{ command: string; nearest: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.command}' is not a command of lam`,
    hint: (d) => (d.nearest === '' ? 'see all commands: lam --help' : `did you mean: lam ${d.nearest}`),
  }),
  LAM_CLI_NO_FUNCTION: entry<{ cwd: string; command: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `no function named, and '${d.cwd}' is not a project of one function`,
    hint: (d) => `pass its name: lam ${d.command} FUNCTION, or change to a folder with a lam.yaml`,
  }),
  LAM_CLI_NO_SCHEDULES: entry<{ name: string }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) => `function '${d.name}' has no schedules`,
    hint: (d) => `give it one in lam.yaml and deploy, or at once: lam config set ${d.name} schedules='every 5m'`,
  }),
  LAM_CLI_SEVERAL_SCHEDULES: entry<{ name: string; schedules: readonly string[]; command: string; example: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) =>
      `function '${d.name}' has ${d.schedules.length} schedules; name one of them: ${d.schedules.map((one) => `'${one}'`).join(', ')}`,
    hint: (d) => `for instance: lam ${d.command} ${d.name} ${d.example}`,
  }),
  LAM_CLI_SEVERAL_FUNCTIONS: entry<{
    cwd: string;
    /** Names, in the order of lam.yaml. */
    functions: readonly string[];
    command: string;
    /** The words after the function's name; empty for none. */
    rest: string;
  }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) =>
      [
        `this project has ${d.functions.length} functions; name one of them:`,
        ...d.functions.map((name) => `  lam ${d.command} ${name}${d.rest === '' ? '' : ` ${d.rest}`}`),
        ...(d.command === 'logs' ? ['  lam logs --all'] : []),
      ].join('\n'),
    hint: () => "in a function's own folder its name can be omitted",
  }),
  LAM_CLI_NOTHING_DEPLOYED: entry<Record<never, never>>({
    kind: 'not_found',
    fault: 'caller',
    message: () => 'nothing is deployed here yet',
    hint: () => 'deploy the project first: lam deploy',
  }),
  LAM_CLI_BAD_REFERENCE: entry<{ text: string; what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => d.what,
    hint: () => 'names have 1 to 64 of a-z A-Z 0-9 - _; see what is deployed: lam list',
  }),
  LAM_CLI_BAD_VERSION: entry<{ text: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.text}' is not a version`,
    hint: () => 'versions are 1, 2, 3 or v1, v2, v3; see them: lam versions',
  }),
  LAM_CLI_NOTHING_TO_COMPARE: entry<{ name: string; live: number }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `function '${d.name}' has no version before v${d.live} to compare it with`,
    hint: (d) => `name two versions: lam diff ${d.name} VERSION VERSION; see them: lam versions ${d.name}`,
  }),
  LAM_CLI_PAYLOAD_NOT_JSON: entry<{ from: string; expected: string; line: number; column: number; excerpt: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) =>
      `the payload from ${d.from} is not JSON: line ${d.line}, column ${d.column} should be ${d.expected}${d.excerpt === '' ? '' : `, near: ${d.excerpt}`}`,
    hint: () => `give JSON, for example: lam invoke -d '{"name":"Ada"}'`,
  }),
  LAM_CLI_OUTPUT_FAILED: entry<{ what: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) => `the output could not be written: ${d.what}`,
    hint: () => 'write it to a disk with room, or read it through a pipe; what the command did stays done',
  }),
  LAM_CLI_PAYLOAD_UNREADABLE: entry<{ from: string; what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the payload cannot be read from '${d.from}': ${d.what}`,
    hint: () => 'give a file that exists: lam invoke -d @event.json, or - for standard input',
  }),
  LAM_CLI_NEEDS_YES: entry<{ what: string; flag: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `cannot ask for confirmation without a terminal: ${d.what}`,
    hint: (d) => `pass ${d.flag} to confirm`,
  }),
  LAM_CLI_ZIP_UNREADABLE: entry<{ file: string; what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the zip '${d.file}' cannot be read: ${d.what}`,
    hint: () => 'give a zip file that exists: lam deploy hello --zip hello.zip',
  }),
  LAM_CLI_NO_LAYER: entry<{
    path: string;
    /** Whether there is something of that name. */
    exists: boolean;
  }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => (d.exists ? `'${d.path}' is neither a folder nor a zip` : `'${d.path}' does not exist`),
    hint: () => 'give a folder, or a zip, with what goes below /opt: lam layer publish tools ./layers/tools',
  }),
  LAM_CLI_NO_PUBLISHED_IMAGE: entry<{ runtime: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `no published image is known for the runtime '${d.runtime}'`,
    hint: (d) => `make one from the programs of this machine: lam runtimes build ${d.runtime}`,
  }),
  LAM_CLI_CANCELLED: entry<{ what: string }>({
    kind: 'cancelled',
    fault: 'caller',
    message: (d) => `${d.what}: cancelled`,
  }),
  LAM_CLI_BAD_SETTING: entry<{ text: string; what: string; example: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => d.what,
    hint: (d) => `for example: ${d.example}`,
  }),
  LAM_CLI_UNKNOWN_SETTING: entry<{ word: string; known: readonly string[]; nearest?: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.word}' is not a setting`,
    hint: (d) =>
      d.nearest === undefined
        ? `there are ${d.known.join(', ')}; their meaning: lam config get --help`
        : `did you mean '${d.nearest}'?`,
  }),
  LAM_CLI_NO_VALUE: entry<{ setting: string; example: string; name?: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `setting '${d.setting}' has no value`,
    hint: (d) =>
      `put it after an equals sign: lam config set ${d.name === undefined ? '' : `${d.name} `}${d.setting}=${d.example}`,
  }),
  LAM_CLI_NO_SETTING: entry<{ name: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: () => 'no setting to change',
    hint: (d) => `name one and its value: lam config set ${d.name} SETTING=VALUE; see them: lam config get ${d.name}`,
  }),
  LAM_CLI_BAD_PORT: entry<{ text: string; from: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `${d.from}: '${d.text}' is not a port`,
    hint: (d) => `set ${d.from} to a number from 1 to 65535, or to 0 for any free port`,
  }),
  LAM_CLI_BAD_MEMORY: entry<{ text: string; from: string; leastMiB: number }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `${d.from}: '${d.text}' is not an amount of memory in MiB`,
    hint: (d) => `set ${d.from} to a whole number of at least ${d.leastMiB}, for example 4096`,
  }),
  LAM_CLI_BAD_HOST_NAME: entry<{ text: string; from: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `${d.from}: '${d.text}' is not a host name`,
    hint: (d) =>
      `set ${d.from} to names without ports, separated by commas, for example lam.example,localhost; '*' allows all`,
  }),
  LAM_CLI_BAD_API_PORT: entry<{ text: string; flag: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `${d.flag}: '${d.text}' is neither a port nor off`,
    hint: () => 'name the port alone, 0 to 65535, for example: lam start --glambdar :8001',
  }),
  LAM_CLI_BAD_AWS_SETTING: entry<{ text: string; from: string; wanted: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `${d.from}: '${d.text}' is not ${d.wanted}`,
    hint: () =>
      'for example: lam start --aws-account 123456789012 --aws-region eu-central-1 --aws-endpoint sqs=http://localhost:9324',
  }),
  LAM_CLI_BAD_TIME: entry<{ text: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.text}' is not a time`,
    hint: () => 'give an age such as 30s, 5m, 2h or 7d, or a date such as 2026-01-31T12:00:00Z',
  }),
  LAM_CLI_DEPLOY_FAILED: entry<{
    failed: readonly string[];
    of: number;
    /** The error of each, as it would be reported alone, with the function's name. */
    errors: readonly { name: string; code: string; message: string; hint?: string }[];
    deployed: readonly { name: string; version: number }[];
  }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `${d.failed.length} of ${d.of} functions could not be deployed: ${d.failed.join(', ')}`,
    hint: () => 'the errors are above; functions that are not listed are live',
  }),
  LAM_CLI_NOT_IN_PROJECT: entry<{ name: string; known: readonly string[] }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) => `the project has no function '${d.name}'`,
    hint: (d) => `it has: ${d.known.join(', ')}`,
  }),
  LAM_CLI_BAD_ENVIRONMENT: entry<{ text: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.text}' is not of the form KEY=VALUE`,
    hint: () => 'for example: lam env set hello GREETING=hi',
  }),
  LAM_CLI_ENV_FILE_UNREADABLE: entry<{ file: string; what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the file of variables '${d.file}' cannot be read: ${d.what}`,
    hint: () => 'give a file with lines such as GREETING=hi: --env-file .env',
  }),
  LAM_CLI_STOP_TIMED_OUT: entry<{ pid: number; seconds: number }>({
    kind: 'deadline_exceeded',
    fault: 'host',
    message: (d) => `the daemon (process ${d.pid}) did not stop within ${d.seconds} s`,
    hint: (d) => `kill it: kill -9 ${d.pid}; the next start reclaims what it leaves`,
  }),
} as const satisfies Record<string, Entry<never>>;
