import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG, MESSAGE_FLAG, NO_VERIFY_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { changeRoutes, refuseUnquoted } from '../services/routes.ts';

export default class RouteRemove extends LamCommand {
  static override summary = 'Let a function no longer answer at a route.';
  static override description =
    'Counts at once and takes precedence over lam.yaml, in later deploys too, until `lam config unset FUNCTION routes`.';
  static override args = {
    route: Args.string({ description: 'The route as `lam route list` shows it.', required: true }),
    function: FUNCTION_ARG,
  };
  static override flags = { message: MESSAGE_FLAG, 'no-verify': NO_VERIFY_FLAG };
  static override examples = [
    { description: 'Of a function', command: "<%= config.bin %> route remove 'GET /users/{id}' users" },
    {
      description: 'With its host name, of the project in this folder',
      command: "<%= config.bin %> route remove 'ANY shop.example.com/{proxy+}'",
    },
  ];

  override async run(): Promise<number> {
    refuseUnquoted('route remove', this.argv);
    const { args, flags } = await this.parse(RouteRemove);
    await changeRoutes(this.context(flags), {
      command: 'route remove',
      function: args.function,
      route: args.route,
      flags,
      change: { remove: { routes: [args.route] } },
    });
    return EXIT.ok;
  }
}
