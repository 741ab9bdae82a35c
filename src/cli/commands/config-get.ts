import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { renderSettings } from '../render/settings.ts';
import { safe } from '../render/table.ts';
import {
  describeSettings,
  inWords,
  isSetting,
  requireSetting,
  settingFields,
  triggersBesides,
  valueText,
} from '../services/settings.ts';
import { given, targetName } from '../services/target.ts';

export default class ConfigGet extends LamCommand {
  static override summary = 'Show the settings of a function.';
  static override description = `The settings of the live version, in the words of lam.yaml: ${describeSettings()}. FROM says where each value comes from, strongest first: \`flag\` of the last deploy, \`config set\` or \`env set\`, \`lam.yaml\`, \`default\`.`;
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
    if (word !== undefined) requireSetting(word);
    const detail = await (
      await client()
    ).functions.get(await targetName(wordOnly ? undefined : args.function, cwd, 'config get', given(word)));
    const settings = inWords(detail.config);
    if (word !== undefined) {
      out.result(settings[word] ?? null, () => safe(valueText(word, settings[word])));
      return EXIT.ok;
    }
    const from = Object.fromEntries(
      settingFields().map(([name, field]) => [name, detail.layers.settings[field] ?? 'default']),
    );
    const triggers = triggersBesides(detail.config);
    if (triggers.length > 0 || detail.layers.settings['triggers'] !== undefined) {
      settings['triggers'] = triggers;
      from['triggers'] = detail.layers.settings['triggers'] ?? 'default';
    }
    out.result({ settings, from, environment: detail.layers.environment }, () => renderSettings(detail, out.width));
    return EXIT.ok;
  }
}
