import { Args } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { MESSAGE_FLAG, NO_VERIFY_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { usageWith } from '../oclif-flags.ts';
import { configure } from '../services/configure.ts';

export default class EnvUnset extends LamCommand {
  static override summary = 'Remove environment variables that were set with `lam env set`.';
  static override description = 'The values of lam.yaml apply again. With two or more words the first is the function.';
  static override strict = false;
  static override args = {
    function: Args.string({
      description: 'Name of the function, then keys; a single word is a key of the project in the current folder.',
    }),
  };
  static override flags = { message: MESSAGE_FLAG, 'no-verify': NO_VERIFY_FLAG };
  static override usage = usageWith('env unset [FUNCTION] KEY...', EnvUnset.flags);
  static override examples = [
    { description: 'One variable', command: '<%= config.bin %> env unset hello GREETING' },
    { description: 'Of the project in this folder', command: '<%= config.bin %> env unset GREETING' },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(EnvUnset);
    const words = argv as string[];
    if (words.length === 0) throw lamError('LAM_CLI_USAGE', { what: 'KEY is missing', command: 'env unset' });
    const isNamed = words.length > 1;
    await configure(this.context(flags), { command: 'env unset', words, isNamed, flags }, (rest) => ({
      unsetEnvironment: rest,
    }));
    return EXIT.ok;
  }
}
