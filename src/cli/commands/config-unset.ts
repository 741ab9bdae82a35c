import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { MESSAGE_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { configure } from '../services/configure.ts';
import { fieldsOf, isSetting } from '../services/settings.ts';

export default class ConfigUnset extends LamCommand {
  static override summary = 'Return settings to lam.yaml or the defaults.';
  static override description = 'Undoes `lam config set`. Publishes a new version if that changes the configuration.';
  static override strict = false;
  static override usage = 'config unset [FUNCTION] SETTING...';
  static override args = {
    first: Args.string({
      description: 'Name of the function (default: the project in the current folder), then settings.',
      required: true,
    }),
  };
  static override flags = { message: MESSAGE_FLAG };
  static override examples = [
    { description: 'One setting', command: '<%= config.bin %> config unset hello memory' },
    {
      description: 'Two settings of the project in this folder',
      command: '<%= config.bin %> config unset memory timeout',
    },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(ConfigUnset);
    const words = argv as string[];
    const isNamed = words.length > 1 && !isSetting(words[0] ?? '');
    await configure(
      this.context(flags),
      { command: 'config unset', words, isNamed, message: flags.message },
      (rest) => ({ unset: fieldsOf(rest) }),
    );
    return EXIT.ok;
  }
}
