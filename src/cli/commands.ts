import type { LamCommandClass } from './command-class.ts';

type Loader = () => Promise<{ readonly default: LamCommandClass }>;

/** All commands and how to load them. The data that help needs without loading them is in `oclif.manifest.json`. */
export const COMMANDS = {
  init: () => import('./commands/init.ts'),
  deploy: () => import('./commands/deploy.ts'),
  invoke: () => import('./commands/invoke.ts'),
  logs: () => import('./commands/logs.ts'),
  list: () => import('./commands/list.ts'),
  describe: () => import('./commands/describe.ts'),
  versions: () => import('./commands/versions.ts'),
  rollback: () => import('./commands/rollback.ts'),
  delete: () => import('./commands/delete.ts'),
  'config:get': () => import('./commands/config-get.ts'),
  'config:set': () => import('./commands/config-set.ts'),
  'config:unset': () => import('./commands/config-unset.ts'),
  'env:list': () => import('./commands/env-list.ts'),
  'env:set': () => import('./commands/env-set.ts'),
  'env:unset': () => import('./commands/env-unset.ts'),
  'alias:list': () => import('./commands/alias-list.ts'),
  'alias:set': () => import('./commands/alias-set.ts'),
  'alias:delete': () => import('./commands/alias-delete.ts'),
  start: () => import('./commands/start.ts'),
  stop: () => import('./commands/stop.ts'),
  restart: () => import('./commands/restart.ts'),
  status: () => import('./commands/status.ts'),
  serve: () => import('./commands/serve.ts'),
  simulate: () => import('./commands/simulate.ts'),
  gc: () => import('./commands/gc.ts'),
  df: () => import('./commands/df.ts'),
  version: () => import('./commands/version.ts'),
  autocomplete: () => import('./commands/autocomplete.ts'),
  __complete: () => import('./commands/complete.ts'),
} as const satisfies Record<string, Loader>;

export type CommandId = keyof typeof COMMANDS;

export function isCommandId(id: string): id is CommandId {
  return Object.hasOwn(COMMANDS, id);
}
