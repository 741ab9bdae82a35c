import type { ControlRoute } from '../route.ts';
import { ALIAS_ROUTES } from './aliases.ts';
import { ARTIFACT_ROUTES } from './artifacts.ts';
import { AUDIT_ROUTES } from './audit.ts';
import { DAEMON_ROUTES } from './daemon.ts';
import { FUNCTION_ROUTES } from './functions.ts';
import { INVOCATION_ROUTES } from './invocations.ts';
import { INVOKE_ROUTES } from './invoke.ts';
import { KEY_ROUTES } from './keys.ts';
import { LAYER_ROUTES } from './layers.ts';
import { LOG_ROUTES } from './logs.ts';
import { TRIGGER_ROUTES } from './triggers.ts';
import { VERSION_ROUTES } from './versions.ts';

/** The table of lam's own API: what is matched and checked, and what its document says, is made of it. */
export const CONTROL_ROUTES: readonly ControlRoute[] = [
  ...DAEMON_ROUTES,
  ...FUNCTION_ROUTES,
  ...VERSION_ROUTES,
  ...ALIAS_ROUTES,
  ...INVOKE_ROUTES,
  ...LOG_ROUTES,
  ...TRIGGER_ROUTES,
  ...ARTIFACT_ROUTES,
  ...LAYER_ROUTES,
  ...INVOCATION_ROUTES,
  ...KEY_ROUTES,
  ...AUDIT_ROUTES,
];
