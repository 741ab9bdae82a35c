import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { MESSAGE_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { configure } from '../services/configure.ts';
import { parsePairs } from '../services/environment.ts';

export default class EnvSet extends LamCommand {
  static override summary = 'Set environment variables of a function without deploying it.';
  static override description =
    'Publishes a new version of the same code and makes it live. What is set here takes precedence over lam.yaml, in later deploys too, until `lam env unset`.';
  static override strict = false;
  static override usage = 'env set [FUNCTION] KEY=VALUE...';
  static override args = {
    first: Args.string({
      description: 'Name of the function (default: the project in the current folder), then one or more KEY=VALUE.',
      required: true,
    }),
  };
  static override flags = { message: MESSAGE_FLAG };
  static override examples = [
    { description: 'One variable', command: '<%= config.bin %> env set hello GREETING=hi' },
    { description: 'Two, of the project in this folder', command: '<%= config.bin %> env set GREETING=hi TONE=warm' },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(EnvSet);
    const words = argv as string[];
    const isNamed = words[0]?.includes('=') === false;
    await configure(this.context(flags), { command: 'env set', words, isNamed, message: flags.message }, (rest) => ({
      setEnvironment: parsePairs(rest),
    }));
    return EXIT.ok;
  }
}
