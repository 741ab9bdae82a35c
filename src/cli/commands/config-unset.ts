import { Args } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { MESSAGE_FLAG, NO_VERIFY_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { usageWith } from '../oclif-flags.ts';
import { configure } from '../services/configure.ts';
import { fieldsOf, isSetting, TRIGGERS_WORD } from '../services/settings.ts';

export default class ConfigUnset extends LamCommand {
  static override summary = 'Return settings to lam.yaml or the defaults.';
  static override description = 'Undoes `lam config set`. Publishes a new version if that changes the configuration.';
  static override strict = false;
  static override args = {
    function: Args.string({
      description: 'Name of the function (default: the project in the current folder), then settings.',
    }),
  };
  static override flags = { message: MESSAGE_FLAG, 'no-verify': NO_VERIFY_FLAG };
  static override usage = usageWith('config unset [FUNCTION] SETTING...', ConfigUnset.flags);
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
    if (words.length === 0) throw lamError('LAM_CLI_USAGE', { what: 'SETTING is missing', command: 'config unset' });
    const isNamed = words.length > 1 && !isSetting(words[0] ?? '') && words[0] !== TRIGGERS_WORD;
    await configure(this.context(flags), { command: 'config unset', words, isNamed, flags }, (rest) => ({
      unset: fieldsOf(rest),
    }));
    return EXIT.ok;
  }
}
