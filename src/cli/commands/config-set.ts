import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { MESSAGE_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { configure } from '../services/configure.ts';
import { describeSettings, parseSettings } from '../services/settings.ts';

export default class ConfigSet extends LamCommand {
  static override summary = 'Change settings of a function without deploying it.';
  static override description = `Publishes a new version of the same code and makes it live. What is set here takes precedence over lam.yaml, in later deploys too, until \`lam config unset\`. Settings: ${describeSettings()}.`;
  static override strict = false;
  static override usage = 'config set [FUNCTION] SETTING=VALUE...';
  static override args = {
    first: Args.string({
      description: 'Name of the function (default: the project in the current folder), then one or more SETTING=VALUE.',
      required: true,
    }),
  };
  static override flags = { message: MESSAGE_FLAG };
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
    const isNamed = words[0]?.includes('=') === false;
    await configure(this.context(flags), { command: 'config set', words, isNamed, message: flags.message }, (rest) => ({
      set: parseSettings(rest),
    }));
    return EXIT.ok;
  }
}
