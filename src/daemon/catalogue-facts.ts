import { FUNCTION_LIMITS, LIVE_TRIGGERS, OWN_URL_AUTH, OWN_URLS, PROVISIONED_VERSIONS } from '../registry/index.ts';
import { PROVISIONED } from './pool-in-step.ts';

/** What the rooms of a daemon ask of every function on the hot path: the catalogue must be opened with these facts. */
export const CATALOGUE_FACTS = [
  LIVE_TRIGGERS,
  FUNCTION_LIMITS,
  PROVISIONED,
  PROVISIONED_VERSIONS,
  OWN_URLS,
  OWN_URL_AUTH,
] as const;
