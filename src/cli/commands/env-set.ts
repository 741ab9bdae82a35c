import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { configure } from '../services/configure.ts';
import { parsePairs } from '../services/environment.ts';
import { targetName } from '../services/target.ts';

export default class EnvSet extends LamCommand {
  static override summary = 'Set environment variables of a function without deploying it.';
  static override description =
    'Publishes a new version of the same code and makes it live. What is set here wins over lam.yaml, also in later deploys, until `lam env unset`.';
  static override strict = false;
  static override usage = 'env set [FUNCTION] KEY=VALUE...';
  static override args = {
    first: Args.string({
      description:
        'Name of the function (default: the project in the current folder), then KEY=VALUE as often as wanted.',
      required: true,
    }),
  };
  static override flags = { message: Flags.string({ summary: 'Why, for the history.', helpValue: 'TEXT' }) };
  static override examples = [
    { description: 'One variable', command: '<%= config.bin %> env set hello GREETING=hi' },
    { description: 'Two, of the project in this folder', command: '<%= config.bin %> env set GREETING=hi TONE=warm' },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(EnvSet);
    const words = argv as string[];
    const context = this.context(flags);
    const named = words[0]?.includes('=') === false;
    const setEnvironment = parsePairs(named ? words.slice(1) : words);
    const name = await targetName(named ? words[0] : undefined, context.cwd, 'env set');
    await configure(context, name, { setEnvironment }, flags.message);
    return EXIT.ok;
  }
}
