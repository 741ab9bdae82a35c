import { entry, type Entry } from '../entry.ts';

export const REGISTRY = {
  LAM_REGISTRY_INVALID_NAME: entry<{ name: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `'${d.name.length > 80 ? `${d.name.slice(0, 77)}...` : d.name}' is not a function name`,
    hint: () => 'use 1 to 64 of the characters a-z A-Z 0-9 - _',
  }),
  LAM_REGISTRY_INVALID_ALIAS: entry<{ alias: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `'${d.alias.length > 80 ? `${d.alias.slice(0, 77)}...` : d.alias}' is not an alias`,
    hint: () => 'use 1 to 128 of the characters a-z A-Z 0-9 - _, not all of them digits',
  }),
  LAM_REGISTRY_INVALID_CONFIG: entry<{
    name: string;
    /** Each as `setting: fault`. */
    faults: readonly string[];
    /** Whether `lam config` or `lam env` gave the settings, and not a deploy. */
    live?: boolean;
  }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `the configuration of '${d.name}' is not valid: ${d.faults.join('; ')}`,
    hint: (d) => {
      if (d.live !== true) return 'correct lam.yaml, or the flag, and deploy again';
      const setting = d.faults.map((fault) => fault.split(':')[0]).find((word) => word !== 'environment');
      if (setting === 'triggers') {
        const isSchedule = d.faults.some((fault) => fault.startsWith('triggers: the schedule '));
        const example = isSchedule
          ? `lam config set ${d.name} 'schedules=every 5m'`
          : `lam route add 'GET /hello' ${d.name}`;
        return `give another one, for instance: ${example}`;
      }
      return setting === undefined
        ? `give another value: lam env set ${d.name} KEY=VALUE`
        : `give another value: lam config set ${d.name} ${setting}=VALUE`;
    },
  }),
  LAM_REGISTRY_UNKNOWN_RUNTIME: entry<{ runtime: string; known: readonly string[]; nearest?: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `unknown runtime '${d.runtime}'`,
    hint: (d) => `${d.nearest === undefined ? '' : `did you mean '${d.nearest}'? `}use one of ${d.known.join(', ')}`,
  }),
  LAM_REGISTRY_ROUTE_CONFLICT: entry<{ name: string; route: string; owner: string; other: string }>({
    kind: 'already_exists',
    fault: 'caller',
    message: (d) => `route '${d.route}' of '${d.name}' is already served by '${d.owner}' (as '${d.other}')`,
    hint: (d) => `change one of the two, or delete the other function: lam delete ${d.owner}`,
  }),
  LAM_REGISTRY_TRIGGER_NOT_FOUND: entry<{ name: string; noun: string; trigger: string; known: readonly string[] }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) => `'${d.name}' has no ${d.noun} '${d.trigger}'`,
    hint: (d) => (d.known.length === 0 ? `it has none; see: lam describe ${d.name}` : `it has: ${d.known.join(', ')}`),
  }),
  LAM_REGISTRY_FUNCTION_NOT_FOUND: entry<{ name: string; nearest?: string }>({
    kind: 'not_found',
    fault: 'caller',
    aws: 'ResourceNotFoundException',
    message: (d) => `function '${d.name}' does not exist`,
    hint: (d) =>
      d.nearest === undefined
        ? 'see what is deployed: lam list'
        : `did you mean '${d.nearest}'? see what is deployed: lam list`,
  }),
  LAM_REGISTRY_VERSION_NOT_FOUND: entry<{ name: string; version: string; existing?: string }>({
    kind: 'not_found',
    fault: 'caller',
    aws: 'ResourceNotFoundException',
    message: (d) => `function '${d.name}' has no version '${d.version}'`,
    hint: (d) =>
      d.existing === undefined
        ? `see its versions: lam versions ${d.name}`
        : `it has ${d.existing}; see them: lam versions ${d.name}`,
  }),
  LAM_REGISTRY_ALIAS_WEIGHTS: entry<{ alias: string; what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `alias '${d.alias}' cannot be divided like this: ${d.what}`,
    hint: () => 'for 10 % to version 3 and the rest to version 4: lam alias set FUNCTION ALIAS 4 --weight 3=10',
  }),
  LAM_REGISTRY_ALIAS_NOT_FOUND: entry<{ name: string; alias: string }>({
    kind: 'not_found',
    fault: 'caller',
    aws: 'ResourceNotFoundException',
    message: (d) => `function '${d.name}' has no alias '${d.alias}'`,
    hint: (d) => `see its aliases: lam describe ${d.name}`,
  }),
  LAM_REGISTRY_NO_PREVIOUS_VERSION: entry<{ name: string; live: number; existing: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `function '${d.name}' has no version that was live before v${d.live}`,
    hint: (d) => `it has ${d.existing}; to name one: lam rollback ${d.name} VERSION`,
  }),
  LAM_REGISTRY_VERSION_IN_USE: entry<{ name: string; version: number; by: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    aws: 'ResourceConflictException',
    message: (d) => `version ${d.version} of '${d.name}' is in use by ${d.by}`,
    hint: (d) => `point ${d.by} elsewhere first; see lam describe ${d.name}`,
  }),
  LAM_REGISTRY_STALE: entry<{ name: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    aws: 'PreconditionFailedException',
    message: (d) =>
      `'${d.name}' is not as the ETag in If-Match says: it has changed since, or what is to change does not exist`,
    hint: (d) => `read it again, then repeat the change with its new ETag: lam describe ${d.name}`,
  }),
  LAM_REGISTRY_MOVED: entry<{ name: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    aws: 'PreconditionFailedException',
    message: (d) => `the live pointer of '${d.name}' moved since this change was made for it`,
    hint: (d) => `see what is live, then repeat the change: lam describe ${d.name}`,
  }),
} as const satisfies Record<string, Entry<never>>;
