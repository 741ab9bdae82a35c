import { entry } from '../entry.ts';

export const LOGS = {
  LAM_LOGS_UNAVAILABLE: entry({
    kind: 'unavailable',
    fault: 'host',
    message: () => 'the log store is closed: the runtime is stopping, or its log thread died',
    hint: () => 'restart the runtime: lam restart',
  }),
  LAM_LOGS_READ_FAILED: entry<{ why: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) => `the log file could not be used: ${d.why}`,
    hint: () => 'see whether the disk is full or the file is damaged: df -h ~/.lam',
  }),
} as const;
