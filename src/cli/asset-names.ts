/** The log worker's file in `dist/assets`; a binary carries it under `assets/NAME`. */
export const LOG_WORKER = 'log-worker.cjs';
/** The same of the queue's worker. */
export const QUEUE_WORKER = 'queue-worker.cjs';

/** The file in `dist` with a digest of what was built. */
export const BUILD_DIGEST = 'build-digest';
