import type { AwsActions } from '../call.ts';
import { ALIAS_ACTIONS } from './aliases.ts';
import { CODE_SIGNING_ACTIONS } from './code-signing.ts';
import { CONCURRENCY_ACTIONS } from './concurrency.ts';
import { EVENT_INVOKE_ACTIONS } from './event-invoke.ts';
import { MAPPING_ACTIONS } from './event-source-mappings.ts';
import { FUNCTION_ACTIONS } from './functions.ts';
import { INVOKE_ASYNC_ACTIONS } from './invoke-async.ts';
import { KEPT_ACTIONS } from './kept.ts';
import { LAYER_POLICY_ACTIONS } from './layer-policies.ts';
import { LAYER_ACTIONS } from './layers.ts';
import { POLICY_ACTIONS } from './policies.ts';
import { PROVISIONED_ACTIONS } from './provisioned-concurrency.ts';
import { TAG_ACTIONS } from './tags.ts';
import { URL_ACTIONS } from './urls.ts';
import { VERSION_ACTIONS } from './versions.ts';

/** Operations that are served, besides the two ways to invoke that have a path of their own. */
export const ACTIONS: AwsActions = {
  ...FUNCTION_ACTIONS,
  ...VERSION_ACTIONS,
  ...ALIAS_ACTIONS,
  ...CONCURRENCY_ACTIONS,
  ...PROVISIONED_ACTIONS,
  ...EVENT_INVOKE_ACTIONS,
  ...MAPPING_ACTIONS,
  ...TAG_ACTIONS,
  ...POLICY_ACTIONS,
  ...URL_ACTIONS,
  ...LAYER_ACTIONS,
  ...LAYER_POLICY_ACTIONS,
  ...CODE_SIGNING_ACTIONS,
  ...KEPT_ACTIONS,
  ...INVOKE_ASYNC_ACTIONS,
};
