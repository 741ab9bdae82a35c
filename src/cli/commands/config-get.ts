import { Args } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { FUNCTION_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { facts, safe } from '../render/table.ts';
import { describeSettings, inWords, isSetting, SETTING_WORDS } from '../services/settings.ts';
import { targetName } from '../services/target.ts';

export default class ConfigGet extends LamCommand {
  static override summary = 'Show the settings of a function.';
  static override description = `The settings of the live version, in the words of lam.yaml: ${describeSettings()}. Those made with \`lam config set\` are marked.`;
  static override args = {
    function: FUNCTION_ARG,
    setting: Args.string({ description: 'Name of one setting; prints only its value.' }),
  };
  static override examples = [
    { description: 'All settings', command: '<%= config.bin %> config get hello' },
    { description: 'One value', command: '<%= config.bin %> config get hello memory' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(ConfigGet);
    const { out, cwd, client } = this.context(flags);
    const wordOnly = args.setting === undefined && args.function !== undefined && isSetting(args.function);
    const word = wordOnly ? args.function : args.setting;
    if (word !== undefined && !isSetting(word))
      throw lamError('LAM_CLI_BAD_SETTING', { text: word, what: `there are ${SETTING_WORDS.join(', ')}` });
    const detail = await (
      await client()
    ).describe(await targetName(wordOnly ? undefined : args.function, cwd, 'config get'));
    const settings = inWords(detail.config);
    if (word !== undefined) {
      out.result(settings[word] ?? null, () => safe(String(settings[word] ?? '')));
      return EXIT.ok;
    }
    const overridden = inWords(detail.overrides);
    out.result({ settings, overridden: Object.keys(overridden) }, () =>
      facts(
        Object.entries(settings).map(([name, value]) => [
          name,
          `${safe(String(value ?? ''))}${name in overridden ? '  (lam config set)' : ''}`,
        ]),
      ),
    );
    return EXIT.ok;
  }
}
