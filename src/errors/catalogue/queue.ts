import { entry } from '../entry.ts';

export const QUEUE = {
  LAM_QUEUE_UNAVAILABLE: entry({
    kind: 'unavailable',
    fault: 'host',
    aws: 'ServiceException',
    message: () => 'the queue of asynchronous invocations is closed: the daemon is stopping, or its thread ended',
    hint: () => 'restart the daemon: lam restart',
  }),
  LAM_QUEUE_FAILED: entry<{ why: string }>({
    kind: 'host_failure',
    fault: 'host',
    aws: 'ServiceException',
    message: (d) => `the file of asynchronous invocations could not be used, and nothing was changed: ${d.why}`,
    hint: () => 'check whether the disk is full or the file is not writable: df -h ~/.lam',
  }),
  LAM_QUEUE_OVERLOADED: entry<{ bytes: number }>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) => `${d.bytes / 1024 / 1024} MiB of events wait to be stored, and the limit is reached`,
    hint: () => 'send the event again shortly; the disk is slower than events arrive',
  }),
} as const;
