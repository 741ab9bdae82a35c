import { Arns, DEFAULT_PLACE } from '../../src/contract/index.ts';

/** ARNs of a daemon that is told no account and region. */
export const ARNS = new Arns(DEFAULT_PLACE);
