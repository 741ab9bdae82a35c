/** Number of files that are written and flushed concurrently. */
export const PARALLEL_FILES = 8;
