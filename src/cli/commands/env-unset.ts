import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { configure } from '../services/configure.ts';
import { targetName } from '../services/target.ts';

export default class EnvUnset extends LamCommand {
  static override summary = 'Take back environment variables that were set with `lam env set`.';
  static override description =
    'What lam.yaml says about them counts again. Of two or more words the first is the function.';
  static override strict = false;
  static override usage = 'env unset [FUNCTION] KEY...';
  static override args = {
    first: Args.string({
      description: 'Name of the function, then keys; a single word is a key of the project in the current folder.',
      required: true,
    }),
  };
  static override flags = { message: Flags.string({ summary: 'Why, for the history.', helpValue: 'TEXT' }) };
  static override examples = [
    { description: 'One variable', command: '<%= config.bin %> env unset hello GREETING' },
    { description: 'Of the project in this folder', command: '<%= config.bin %> env unset GREETING' },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(EnvUnset);
    const words = argv as string[];
    const context = this.context(flags);
    const named = words.length > 1;
    const name = await targetName(named ? words[0] : undefined, context.cwd, 'env unset');
    const unsetEnvironment = named ? words.slice(1) : words;
    await configure(context, name, { unsetEnvironment }, flags.message);
    return EXIT.ok;
  }
}
