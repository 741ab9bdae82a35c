import { entry } from '../entry.ts';

export const ROUTER = {
  LAM_ROUTER_LOOP: entry<{ name: string; most: number }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'RecursiveInvocationException',
    message: (d) => `function '${d.name}' was called by a chain of ${d.most} functions, and no chain may be longer`,
    hint: (d) => `look for the function that calls itself, directly or through others: lam logs ${d.name}`,
  }),
  LAM_ROUTER_TIME_LIMIT: entry<{ timeoutMs: number }>({
    kind: 'invalid_argument',
    fault: 'caller',
    aws: 'InvalidParameterValueException',
    message: (d) => `an invocation cannot have a time limit of ${d.timeoutMs} ms`,
    hint: () => 'give one from 1 ms to 900,000 ms (15 minutes), or none for that of the function',
  }),
  LAM_ROUTER_CALLS_STUCK: entry<{ name: string; caller: string }>({
    kind: 'resource_exhausted',
    fault: 'function',
    aws: 'TooManyRequestsException',
    message: (d) =>
      `the call of '${d.name}' by '${d.caller}' cannot begin: every invocation that it waits for waits for a call like it`,
    hint: (d) =>
      `invoke asynchronously in such a circle, or allow more at once: lam config set ${d.name} maxConcurrency=128`,
  }),
} as const;
