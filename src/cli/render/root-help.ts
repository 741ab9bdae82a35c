import type { LamConfig } from '../lam-config.ts';

/** Commands of the first page, by task. */
const GROUPS: readonly { readonly title: string; readonly ids: readonly string[] }[] = [
  { title: 'WRITE AND RUN', ids: ['init', 'deploy', 'invoke', 'logs'] },
  { title: 'LOOK', ids: ['list', 'describe', 'versions', 'diff', 'df'] },
  {
    title: 'IN THE BACKGROUND',
    ids: ['invocations', 'result', 'cancel', 'retry', 'dlq list', 'dlq show', 'dlq redrive', 'dlq purge'],
  },
  {
    title: 'CHANGE',
    ids: [
      'rollback',
      'delete',
      'config set',
      'config get',
      'config unset',
      'env set',
      'env list',
      'env unset',
      'alias set',
      'alias list',
      'alias delete',
      'route add',
      'route list',
      'route remove',
      'trigger add',
      'trigger list',
      'trigger show',
      'trigger test',
      'trigger pause',
      'trigger resume',
      'trigger delete',
      'layer publish',
      'layer list',
      'layer delete',
      'gc',
    ],
  },
  { title: 'SHARE', ids: ['push', 'pull', 'search'] },
  { title: 'ACCESS', ids: ['key create', 'key list', 'key update', 'key revoke', 'audit'] },
  { title: 'SCHEDULES', ids: ['schedule list', 'schedule run', 'schedule pause', 'schedule resume'] },
  { title: 'THE DAEMON', ids: ['start', 'stop', 'restart', 'status', 'serve'] },
  { title: 'LAM ITSELF', ids: ['runtimes', 'runtimes build', 'runtimes pull', 'version', 'autocomplete'] },
];

const GUIDE = `START HERE
  lam init hello && cd hello           make a project
  lam deploy                           build it and make it live
  lam invoke -d '{"name":"Ada"}'       call it
  lam logs --follow                    see what it prints
  lam rollback                         go back to the previous version`;

/** The help of `lam` by itself: what it is, five commands to begin with, and every command that is not hidden. */
export function renderRootHelp(config: LamConfig): string {
  const sections = GROUPS.map(({ title, ids }) => {
    const lines = ids.map((id) => `  ${id.padEnd(16)}${config.findCommand(id.replaceAll(' ', ':'))?.summary ?? ''}`);
    return [title, ...lines].join('\n');
  });
  const head = `lam ${config.version}: functions on your own machine, from editor to warm endpoint`;
  return `${[head, GUIDE, ...sections, 'More about a command: lam COMMAND --help'].join('\n\n')}\n`;
}
