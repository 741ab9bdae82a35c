import { entry } from '../entry.ts';

export const POOL = {
  LAM_POOL_THROTTLED: entry<{ name: string; maxConcurrency: number; maxQueue: number }>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) =>
      `function '${d.name}' runs ${d.maxConcurrency} invocations and has ${d.maxQueue} waiting: no room for one more`,
    hint: (d) =>
      `try again shortly, or raise the limit: lam config set ${d.name} maxConcurrency=${Math.min(1000, d.maxConcurrency * 2)}`,
  }),
  LAM_POOL_MEMORY: entry<{ name: string; memoryMiB: number; budgetMiB: number }>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) =>
      `function '${d.name}' wants ${d.memoryMiB} MiB, but all sandboxes together may use ${d.budgetMiB} MiB on this machine`,
    hint: (d) =>
      `lower it: lam config set ${d.name} memory=${d.budgetMiB}, or give all more: lam restart --memory ${d.memoryMiB}`,
  }),
  LAM_POOL_MEMORY_TAKEN: entry<{ name: string; memoryMiB: number; budgetMiB: number }>({
    kind: 'resource_exhausted',
    fault: 'host',
    aws: 'TooManyRequestsException',
    message: (d) =>
      `function '${d.name}' waited for ${d.memoryMiB} MiB, but running sandboxes hold the ${d.budgetMiB} MiB that all may use together`,
    hint: (d) =>
      `try again shortly, or let it need less: lam config set ${d.name} memory=${Math.max(64, Math.floor(d.memoryMiB / 2))}`,
  }),
  LAM_POOL_CANCELLED: entry<{ name: string }>({
    kind: 'cancelled',
    fault: 'caller',
    message: (d) => `the caller of '${d.name}' went away while its request waited`,
  }),
  LAM_POOL_CLOSED: entry({
    kind: 'unavailable',
    fault: 'host',
    aws: 'ServiceException',
    message: () => 'the runtime is stopping and takes no new work',
    hint: () => 'start it again: lam start',
  }),
} as const;
