import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderRoutes } from '../render/routes.ts';
import { routesOf } from '../services/routes.ts';
import { targetName } from '../services/target.ts';

export default class RouteList extends LamCommand {
  static override summary = 'List the routes at which functions answer.';
  static override description =
    'Of one function, or of all. FROM says where the routes come from: lam.yaml, or `config set` for what was added or removed live. Every function also answers at its own URL: lam list.';
  static override args = { function: Args.string({ description: 'Name of the function; default: all functions.' }) };
  static override examples = [
    { description: 'All routes', command: '<%= config.bin %> route list' },
    { description: 'Those of one function, as JSON', command: '<%= config.bin %> route list users --json' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(RouteList);
    const { out, cwd, client } = this.context(flags);
    const name = args.function === undefined ? undefined : await targetName(args.function, cwd, 'route list');
    const rows = await routesOf(await client(), name);
    out.result(rows, () => renderRoutes(rows, name, out.width));
    return EXIT.ok;
  }
}
