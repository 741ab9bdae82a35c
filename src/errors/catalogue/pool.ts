import { entry } from '../entry.ts';

export const POOL = {
  LAM_POOL_THROTTLED: entry<{ name: string; maxConcurrency: number; maxQueue: number }>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) =>
      `function '${d.name}' is at its concurrency limit (${d.maxConcurrency} running, ${d.maxQueue} queued)`,
    hint: (d) =>
      `try again shortly, or raise the limit: lam config set ${d.name} maxConcurrency=${Math.min(1000, d.maxConcurrency * 2)}`,
  }),
  LAM_POOL_MEMORY: entry<{ name: string; memoryMiB: number; budgetMiB: number }>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) =>
      `function '${d.name}' needs ${d.memoryMiB} MiB, and all sandboxes together may use ${d.budgetMiB} MiB`,
    hint: (d) =>
      `lower its memory: lam config set ${d.name} memory=${d.budgetMiB}, or raise the limit: lam restart --memory ${d.memoryMiB}`,
  }),
  LAM_POOL_MEMORY_TAKEN: entry<{ name: string; memoryMiB: number; budgetMiB: number }>({
    kind: 'resource_exhausted',
    fault: 'host',
    aws: 'TooManyRequestsException',
    message: (d) =>
      `function '${d.name}' needs ${d.memoryMiB} MiB, and running sandboxes hold the ${d.budgetMiB} MiB that all may use`,
    hint: (d) =>
      `try again shortly, or lower its memory: lam config set ${d.name} memory=${Math.max(64, Math.floor(d.memoryMiB / 2))}`,
  }),
  LAM_POOL_CANCELLED: entry<{ name: string }>({
    kind: 'cancelled',
    fault: 'caller',
    message: (d) => `the caller of '${d.name}' disconnected while its request was queued`,
  }),
  LAM_POOL_CLOSED: entry({
    kind: 'unavailable',
    fault: 'host',
    aws: 'ServiceException',
    message: () => 'the daemon is stopping and accepts no requests',
    hint: () => 'start it again: lam start',
  }),
} as const;
