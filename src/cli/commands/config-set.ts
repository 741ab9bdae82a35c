import { Args } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { MESSAGE_FLAG, NO_VERIFY_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { usageWith } from '../oclif-flags.ts';
import { configure } from '../services/configure.ts';
import { describeSettings, isSetting, parseSettings } from '../services/settings.ts';

export default class ConfigSet extends LamCommand {
  static override summary = 'Change settings of a function without deploying it.';
  static override description = `Publishes a new version of the same code and makes it live. What is set here takes precedence over lam.yaml, in later deploys too, until \`lam config unset\`. Settings: ${describeSettings()}.`;
  static override strict = false;
  static override args = {
    function: Args.string({
      description: 'Name of the function (default: the project in the current folder), then one or more SETTING=VALUE.',
    }),
  };
  static override flags = { message: MESSAGE_FLAG, 'no-verify': NO_VERIFY_FLAG };
  static override usage = usageWith('config set [FUNCTION] SETTING=VALUE...', ConfigSet.flags);
  static override examples = [
    { description: 'More memory and time', command: '<%= config.bin %> config set hello memory=256 timeout=10' },
    {
      description: 'At most two requests at once, in all sandboxes',
      command: '<%= config.bin %> config set hello maxConcurrency=2 --message "protect the database"',
    },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(ConfigSet);
    const words = argv as string[];
    if (words.length === 0)
      throw lamError('LAM_CLI_USAGE', { what: 'SETTING=VALUE is missing', command: 'config set' });
    const [first = ''] = words;
    // The name of a setting alone lacks its value; a function called so can be named with a second word.
    const isNamed = !first.includes('=') && (words.length > 1 || !isSetting(first));
    if (isNamed && words.length === 1) throw lamError('LAM_CLI_NO_SETTING', { name: first });
    await configure(this.context(flags), { command: 'config set', words, isNamed, flags }, (rest) => ({
      set: parseSettings(rest, isNamed ? first : undefined),
    }));
    return EXIT.ok;
  }
}
