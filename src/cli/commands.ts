import type { LamCommandClass } from './command-class.ts';

type Loader = () => Promise<{ readonly default: LamCommandClass }>;

/** All commands and how to load them. The data that help needs without loading them is in `oclif.manifest.json`. */
export const COMMANDS = {
  init: () => import('./commands/init.ts'),
  deploy: () => import('./commands/deploy.ts'),
  invoke: () => import('./commands/invoke.ts'),
  logs: () => import('./commands/logs.ts'),
  invocations: () => import('./commands/invocations.ts'),
  result: () => import('./commands/result.ts'),
  cancel: () => import('./commands/cancel.ts'),
  retry: () => import('./commands/retry.ts'),
  'dlq:list': () => import('./commands/dlq-list.ts'),
  'dlq:show': () => import('./commands/dlq-show.ts'),
  'dlq:redrive': () => import('./commands/dlq-redrive.ts'),
  'dlq:purge': () => import('./commands/dlq-purge.ts'),
  list: () => import('./commands/list.ts'),
  describe: () => import('./commands/describe.ts'),
  versions: () => import('./commands/versions.ts'),
  diff: () => import('./commands/diff.ts'),
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
  'route:list': () => import('./commands/route-list.ts'),
  'route:add': () => import('./commands/route-add.ts'),
  'route:remove': () => import('./commands/route-remove.ts'),
  'layer:list': () => import('./commands/layer-list.ts'),
  'layer:publish': () => import('./commands/layer-publish.ts'),
  'layer:delete': () => import('./commands/layer-delete.ts'),
  'schedule:list': () => import('./commands/schedule-list.ts'),
  'schedule:run': () => import('./commands/schedule-run.ts'),
  'schedule:pause': () => import('./commands/schedule-pause.ts'),
  'schedule:resume': () => import('./commands/schedule-resume.ts'),
  'trigger:list': () => import('./commands/trigger-list.ts'),
  'trigger:show': () => import('./commands/trigger-show.ts'),
  'trigger:pause': () => import('./commands/trigger-pause.ts'),
  'trigger:resume': () => import('./commands/trigger-resume.ts'),
  start: () => import('./commands/start.ts'),
  stop: () => import('./commands/stop.ts'),
  restart: () => import('./commands/restart.ts'),
  status: () => import('./commands/status.ts'),
  serve: () => import('./commands/serve.ts'),
  simulate: () => import('./commands/simulate.ts'),
  gc: () => import('./commands/gc.ts'),
  df: () => import('./commands/df.ts'),
  runtimes: () => import('./commands/runtimes.ts'),
  'runtimes:build': () => import('./commands/runtimes-build.ts'),
  'runtimes:pull': () => import('./commands/runtimes-pull.ts'),
  version: () => import('./commands/version.ts'),
  autocomplete: () => import('./commands/autocomplete.ts'),
  __complete: () => import('./commands/complete.ts'),
} as const satisfies Record<string, Loader>;

export type CommandId = keyof typeof COMMANDS;

export function isCommandId(id: string): id is CommandId {
  return Object.hasOwn(COMMANDS, id);
}
