/** The log worker's file in `dist/assets`; a binary carries it under `assets/NAME`. */
export const LOG_WORKER = 'log-worker.cjs';
