import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { MESSAGE_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { configure } from '../services/configure.ts';

export default class EnvUnset extends LamCommand {
  static override summary = 'Remove environment variables that were set with `lam env set`.';
  static override description = 'The values of lam.yaml apply again. With two or more words the first is the function.';
  static override strict = false;
  static override usage = 'env unset [FUNCTION] KEY...';
  static override args = {
    first: Args.string({
      description: 'Name of the function, then keys; a single word is a key of the project in the current folder.',
      required: true,
    }),
  };
  static override flags = { message: MESSAGE_FLAG };
  static override examples = [
    { description: 'One variable', command: '<%= config.bin %> env unset hello GREETING' },
    { description: 'Of the project in this folder', command: '<%= config.bin %> env unset GREETING' },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(EnvUnset);
    const words = argv as string[];
    const isNamed = words.length > 1;
    await configure(this.context(flags), { command: 'env unset', words, isNamed, message: flags.message }, (rest) => ({
      unsetEnvironment: rest,
    }));
    return EXIT.ok;
  }
}
