import { entry } from '../entry.ts';

export const LOGS = {
  LAM_LOGS_UNAVAILABLE: entry({
    kind: 'unavailable',
    fault: 'host',
    message: () => 'the log store is closed: the daemon is stopping, or its log thread ended',
    hint: () => 'restart the daemon: lam restart',
  }),
  LAM_LOGS_READ_FAILED: entry<{ why: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) => `the log file could not be used: ${d.why}`,
    hint: () => 'check whether the disk is full or the file is damaged: df -h ~/.lam',
  }),
} as const;
