import type { AwsActions } from '../call.ts';
import { ALIAS_ACTIONS } from './aliases.ts';
import { FUNCTION_ACTIONS } from './functions.ts';
import { VERSION_ACTIONS } from './versions.ts';

/** Operations that are served, besides the ways to invoke; the first file that has one serves it. */
export const ACTIONS: AwsActions = { ...FUNCTION_ACTIONS, ...VERSION_ACTIONS, ...ALIAS_ACTIONS };
