export { EmbeddedQueue } from './embedded/embedded-queue.ts';
export type {
  AttemptReport,
  DeadQuery,
  Enqueued,
  InvocationQueue,
  LeasedEvent,
  LeaseOutcome,
  LeaseToken,
  QueueBounds,
  QueuedEvent,
  QueueWatcher,
  Settlement,
} from './queue.ts';
