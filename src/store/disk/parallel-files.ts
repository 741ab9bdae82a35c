/** How many files are written and flushed at once. */
export const PARALLEL_FILES = 8;
