import { ALIASES, ROUTING } from './aliases.ts';
import type { RecordedGroup } from './behaviour.ts';
import { EVENTS } from './events.ts';
import { LIFECYCLE, REFUSED } from './functions.ts';
import { LAYERS } from './layers.ts';
import { ACCOUNT_LIMITS } from './limits.ts';
import { INVOCATIONS } from './invoke.ts';
import { GONE, NAMES } from './names.ts';
import { POLICIES } from './policies.ts';
import { PROVISIONED } from './provisioned.ts';
import { SHARED_LAYERS } from './shared-layers.ts';
import { SIGNING } from './signing.ts';
import { SOURCES } from './sources.ts';
import { TAGS } from './tags.ts';
import { URLS } from './urls.ts';
import { REVISIONS, VERSIONS } from './versions.ts';

/** All behaviours that AWS was recorded with and that tests ask lam for. */
export const RECORDED: readonly RecordedGroup[] = [
  NAMES,
  GONE,
  LIFECYCLE,
  REFUSED,
  ...VERSIONS,
  ...REVISIONS,
  ALIASES,
  ROUTING,
  ...POLICIES,
  ...URLS,
  ...EVENTS,
  ...LAYERS,
  SHARED_LAYERS,
  ...SIGNING,
  ...PROVISIONED,
  SOURCES,
  ...TAGS,
  ...ACCOUNT_LIMITS,
  ...INVOCATIONS,
];
