import { entry, type Entry } from '../entry.ts';

export const TRIGGERS = {
  LAM_TRIGGERS_STOPPED: entry<{ name: string; trigger: string }>({
    kind: 'unavailable',
    fault: 'caller',
    message: (d) => `trigger '${d.trigger}' of '${d.name}' was stopped and accepts no events`,
    hint: (d) => `see which triggers are live: lam describe ${d.name}`,
  }),
  LAM_TRIGGERS_WEBHOOK_REFUSED: entry<{ why: string; setting: string }>({
    kind: 'unauthenticated',
    fault: 'caller',
    message: (d) => `the webhook refuses the request: ${d.why}`,
    hint: (d) => `sign it with the secret of the webhook, by the rules of its 'signature: ${d.setting}'`,
  }),
  LAM_TRIGGERS_WEBHOOK_SECRET: entry<{ name: string; variable: string; why: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `a webhook of '${d.name}' cannot check signatures: ${d.why}`,
    hint: (d) => `set another secret: lam env set ${d.name} ${d.variable}=VALUE`,
  }),
  LAM_TRIGGERS_WEBHOOK_WAITS: entry<{ name: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `the webhook of '${d.name}' takes no requests now`,
    hint: (d) => `see why: lam describe ${d.name}`,
  }),
  LAM_TRIGGERS_WEBHOOK_CONFLICT: entry<{ name: string; path: string; owner: string }>({
    kind: 'already_exists',
    fault: 'caller',
    message: (d) => `the webhook '${d.path}' of '${d.name}' belongs to '${d.owner}' already`,
    hint: (d) => `give one of them another path, or delete the other: lam delete ${d.owner}`,
  }),
  LAM_TRIGGERS_FOLDER_UNUSABLE: entry<{ name: string; path: string; what: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `the folder '${d.path}' cannot be watched: ${d.what}`,
    hint: (d) => `make it a readable folder; the trigger starts again by itself, see its state: lam describe ${d.name}`,
  }),
  LAM_TRIGGERS_NOT_FOUND: entry<{ name: string; noun: string; trigger: string; known: readonly string[] }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) => {
      const known = d.known.length === 0 ? '' : `; it has ${d.known.map((one) => `'${one}'`).join(', ')}`;
      return `'${d.name}' has no ${d.noun} '${d.trigger}'${known}`;
    },
    hint: (d) => `see its triggers: lam describe ${d.name}`,
  }),
  LAM_TRIGGERS_NO_EVENT: entry<{ name: string; trigger: string; type: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) =>
      `trigger '${d.trigger}' of '${d.name}' cannot be run by hand: events of type ${d.type} come from their source`,
    hint: (d) => `invoke the function with an event: lam invoke ${d.name} -d '{}'`,
  }),
  LAM_TRIGGERS_BAD_EVENT: entry<{ name: string; trigger: string; type: string; what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the event is not one of type ${d.type}: ${d.what}`,
    hint: (d) => `see what one looks like: lam trigger test ${d.name} '${d.type}:${d.trigger}' --json`,
  }),
  LAM_TRIGGERS_VARIABLE_MISSING: entry<{ name: string; trigger: string; variable: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) =>
      `trigger '${d.trigger}' of '${d.name}' needs the variable '${d.variable}', which the function lacks`,
    hint: (d) => `set it: lam env set ${d.name} ${d.variable}=VALUE`,
  }),
  LAM_TRIGGERS_SOURCE_UNREACHABLE: entry<{ name: string; source: string; at: string; what: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `${d.source} at ${d.at} cannot be reached: ${d.what}`,
    hint: (d) => `start it, or correct the trigger, which tries again by itself; see its state: lam describe ${d.name}`,
  }),
  LAM_TRIGGERS_SOURCE_DENIED: entry<{ name: string; source: string; at: string; what: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    message: (d) => `${d.source} at ${d.at} refuses access: ${d.what}`,
    hint: (d) => `correct the credentials to which the trigger refers: lam env set ${d.name} NAME=VALUE`,
  }),
  LAM_TRIGGERS_SOURCE_MISSING: entry<{ name: string; source: string; at: string; what: string }>({
    kind: 'not_found',
    fault: 'caller',
    message: (d) => `${d.source} at ${d.at} has no ${d.what}`,
    hint: (d) => `create it there, or set 'create: true' in the trigger and deploy again: lam deploy ${d.name}`,
  }),
  LAM_TRIGGERS_SOURCE_SILENT: entry<{ name: string; source: string; at: string; what: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `${d.source} at ${d.at} does not answer: ${d.what}`,
    hint: (d) => `look into its log; the trigger tries again by itself, see its state: lam describe ${d.name}`,
  }),
  LAM_TRIGGERS_SOURCE_LOST: entry<{ name: string; source: string; at: string; what: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `the connection to ${d.source} at ${d.at} was lost: ${d.what}`,
    hint: (d) => `the trigger connects again by itself; see its state: lam describe ${d.name}`,
  }),
  LAM_TRIGGERS_DESTINATION_FAILED: entry<{ name: string; outcome: string; to: string; what: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `a record of '${d.name}' could not be sent to ${d.to} (${d.outcome}): ${d.what}`,
    hint: (d) =>
      `it is sent again, and kept as a dead letter after many attempts; correct the destination: lam config set ${d.name} ${d.outcome}=file:records.jsonl`,
  }),
} as const satisfies Record<string, Entry<never>>;
