import { Args, Flags } from '@oclif/core';
import type { ShortItem } from '../../contract/index.ts';
import { EXIT, lamError } from '../../errors/index.ts';
import { FUNCTION_ARG, MESSAGE_FLAG, NO_VERIFY_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { changeRoutes, refuseUnquoted, type RouteFlags } from '../services/routes.ts';

export default class RouteAdd extends LamCommand {
  static override summary = 'Let a function answer at a route.';
  static override description =
    'The route is live at once, like what `lam config set` sets: it takes precedence over lam.yaml, in later deploys too, until `lam config unset FUNCTION routes`. Adding a route again replaces its options.';
  static override args = {
    route: Args.string({
      description: "METHOD /path, for instance 'GET /users/{id}', 'ANY /files/{path+}', 'GET|POST /orders', $default.",
      required: true,
    }),
    function: FUNCTION_ARG,
  };
  static override flags = {
    host: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME',
      summary: 'Answer only to this host name, for instance *.example.com; repeatable.',
    }),
    prefix: Flags.string({ helpValue: '/PATH', summary: 'Path before that of the route.' }),
    cors: Flags.boolean({ summary: 'Let pages of all origins call it.', exclusive: ['cors-origin'] }),
    'cors-origin': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ORIGIN',
      summary: 'Let pages of this origin call it, for instance https://app.example.com; repeatable.',
    }),
    auth: Flags.string({
      helpValue: 'SCHEME',
      summary:
        'Who may call it: api-key, none, or a map as JSON, for instance {"type":"basic","users":{"ada":"${PASSWORD}"}}.',
    }),
    message: MESSAGE_FLAG,
    'no-verify': NO_VERIFY_FLAG,
  };
  static override examples = [
    { description: 'A path with a parameter', command: "<%= config.bin %> route add 'GET /users/{id}' users" },
    {
      description: 'All paths of a host name',
      command: "<%= config.bin %> route add 'ANY /{proxy+}' shop --host shop.example.com",
    },
    { description: 'For holders of a key', command: "<%= config.bin %> route add 'GET /orders' shop --auth api-key" },
    {
      description: 'For the pages of a web application',
      command: "<%= config.bin %> route add 'ANY /orders' shop --cors-origin https://app.example.com",
    },
  ];

  override async run(): Promise<number> {
    refuseUnquoted('route add', this.argv);
    const { args, flags } = await this.parse(RouteAdd);
    await changeRoutes(this.context(flags), {
      command: 'route add',
      function: args.function,
      route: args.route,
      flags,
      change: { add: { routes: [itemOf(args.route, flags)] } },
    });
    return EXIT.ok;
  }
}

/** The route as an item of `routes`. */
function itemOf(route: string, flags: RouteFlags): ShortItem {
  const { host = [], prefix, cors, 'cors-origin': origins, auth } = flags;
  const options = {
    ...(host.length === 0 ? {} : { host: host.length === 1 ? host[0] : host }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(auth === undefined ? {} : { auth: authOf(auth) }),
    ...(origins === undefined ? (cors === true ? { cors: true } : {}) : { cors: { origins } }),
  };
  return Object.keys(options).length === 0 ? route : { route, ...options };
}

/** The setting `auth`: a name as it is, a map from its JSON. The daemon checks what is in it. */
function authOf(text: string): unknown {
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw lamError('LAM_CLI_USAGE', { what: `--auth '${text}' is not JSON`, command: 'route add' });
  }
}
