import type { LamClient } from '../../client/index.ts';
import type { ConfigPatch, FunctionDetail, FunctionName, ShortItem } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { eachLimited } from '../../kit/index.ts';
import type { CommandContext } from '../command-context.ts';
import { renderConfigured } from '../render/published.ts';
import { quoted, targetName } from './target.ts';
import { whileVerified } from './verification.ts';

/** Functions whose details are asked for at a time. */
const AT_ONCE = 8;

/** The flags that set options of a route. */
export interface RouteFlags {
  readonly host?: string[] | undefined;
  readonly prefix?: string | undefined;
  readonly cors?: boolean | undefined;
  readonly 'cors-origin'?: string[] | undefined;
  readonly auth?: string | undefined;
}

/** A route of a function's live version. */
export interface ListedRoute {
  /** With host names and prefix: its name. */
  readonly route: string;
  readonly function: FunctionName;
  /** Where the routes of the function come from. */
  readonly from: string;
  /** Further options, without host names and prefix. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A change of the routes of a function, as a command was given it. */
export interface RouteChange {
  readonly command: string;
  readonly function: string | undefined;
  readonly route: string;
  readonly flags: { readonly message?: string | undefined; readonly 'no-verify': boolean };
  readonly change: Pick<ConfigPatch, 'add' | 'remove'>;
}

/** Throws `LAM_CLI_UNQUOTED_ROUTE` if the words of a command begin with a route in two words: `GET /users f`. */
export function refuseUnquoted(command: string, [method = '', path = '', ...rest]: readonly string[]): void {
  if (!/^[A-Za-z|]+$/.test(method) || !path.startsWith('/')) return;
  throw lamError('LAM_CLI_UNQUOTED_ROUTE', {
    command,
    route: `${method} ${path}`,
    rest: rest.filter((word) => word !== '--json').map(quoted),
  });
}

/** Adds or removes a route of a function, and prints the result. */
export async function changeRoutes({ out, by, cwd, client }: CommandContext, given: RouteChange): Promise<void> {
  const { flags, route } = given;
  // The route comes before the function's name.
  const name = await targetName(given.function, cwd, `${given.command} ${quoted(route)}`);
  const patch = {
    ...given.change,
    by,
    ...(flags.message === undefined ? {} : { message: flags.message }),
    ...(flags['no-verify'] ? { verify: false } : {}),
  };
  const daemon = await client();
  const answer = await whileVerified((line) => out.note(line), daemon.config.patch(name, patch));
  out.result(answer, () => renderConfigured(answer));
  for (const notice of answer.notices) out.note(notice);
}

/** The routes of a function, or of all functions, by name of the function and as declared. */
export async function routesOf(client: LamClient, name: FunctionName | undefined): Promise<readonly ListedRoute[]> {
  const names =
    name === undefined
      ? (await client.functions.list()).filter(({ routes }) => routes.length > 0).map((f) => f.name)
      : [name];
  const details: FunctionDetail[] = [];
  await eachLimited(names, AT_ONCE, async (one) => void details.push(await client.functions.get(one)));
  return details.toSorted((a, b) => (a.name < b.name ? -1 : 1)).flatMap(listed);
}

function listed({ name, routes, config, layers }: FunctionDetail): readonly ListedRoute[] {
  const from = layers.settings['routes'] ?? 'default';
  return routes.map((route, n) => ({ route, function: name, from, options: optionsOf(config.routes[n] ?? route) }));
}

function optionsOf(item: ShortItem): ListedRoute['options'] {
  if (typeof item === 'string') return {};
  return Object.fromEntries(Object.entries(item).filter(([key]) => !['route', 'host', 'prefix'].includes(key)));
}
