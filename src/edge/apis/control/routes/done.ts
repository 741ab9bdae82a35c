import type { Done } from '../../../../contract/index.ts';

/** The answer to a change that has nothing else to say. */
export const DONE: Done = {};
