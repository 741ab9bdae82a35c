export { type CheckMark } from './checks.ts';
export { type PointerChange } from './changes.ts';
export { type RegistryChange } from './events.ts';
export { type Rehearsed } from './proposals.ts';
export { Registry, type RegistryOptions } from './registry.ts';
export { type Revision } from './revision.ts';
export { FUNCTION_LIMITS, setsLimitsAlone } from './function-limits.ts';
export { LIVE_TRIGGERS } from './triggers.ts';
export { type Surroundings } from './views.ts';
