import { entry } from '../entry.ts';

export const EXECUTOR = {
  LAM_EXECUTOR_SOCKET_PATH: entry<{ path: string; limit: number }>({
    kind: 'failed_precondition',
    fault: 'host',
    message: (d) => `'${d.path}' is too long for a Unix socket: the limit is ${d.limit} bytes`,
    hint: () => 'use a shorter folder: LAM_HOME=~/.lam lam start',
  }),
  LAM_EXECUTOR_LISTEN_FAILED: entry<{ path: string; reason: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) => `can't listen on '${d.path}': ${d.reason}`,
    hint: (d) => `see who owns the folder: ls -ld '${d.path}' "$(dirname '${d.path}')"`,
  }),
  LAM_EXECUTOR_CANCELLED: entry<{ id: string }>({
    kind: 'cancelled',
    fault: 'lam',
    message: (d) => `waiting for sandbox '${d.id}' was cancelled`,
  }),
} as const;
