import { entry } from '../entry.ts';

export const LOGS = {
  LAM_LOGS_UNAVAILABLE: entry({
    kind: 'unavailable',
    fault: 'host',
    message: () => 'the log store is closed: the runtime is stopping, or its log thread died',
    hint: () => 'restart the runtime: lam restart',
  }),
} as const;
