import type { LayersOfSettings, ShownConfig } from '../../contract/index.ts';
import { shownSetting } from '../../project/index.ts';
import { settingFields, triggersBesides } from '../services/settings.ts';
import { safe, table } from './table.ts';

/** Settings as commands show them, and where each value comes from. */
export interface SettingsShown {
  readonly config: ShownConfig;
  readonly layers: LayersOfSettings;
}

/**
 * Table of settings in the words of lam.yaml, with the layer that each value comes from. Variables are rows too, without
 * their values, which may be secrets.
 */
export function renderSettings({ config, layers }: SettingsShown, limit?: number): string {
  const settings = settingFields().map(([word, field]) => ({
    word,
    value: shownSetting(field, config[field]),
    from: layers.settings[field] ?? 'default',
  }));
  const { sources = [] } = config.layers ?? {};
  const layerRow =
    sources.length === 0
      ? []
      : [{ word: 'layers', value: sources.join(', '), from: layers.settings['layers'] ?? 'lam.yaml' }];
  const triggers = triggersBesides(config);
  const triggerRow =
    triggers.length === 0 && layers.settings['triggers'] === undefined
      ? []
      : [
          {
            word: 'triggers',
            value: shownSetting('triggers', triggers),
            from: layers.settings['triggers'] ?? 'lam.yaml',
          },
        ];
  const variables = Object.keys(config.environment).map((key) => ({
    word: 'environment',
    value: key,
    from: layers.environment[key] ?? 'default',
  }));
  return table(
    [...settings, ...triggerRow, ...layerRow, ...variables],
    [
      { heading: 'SETTING', cell: (row) => row.word },
      { heading: 'VALUE', cell: (row) => safe(row.value), least: 16 },
      { heading: 'FROM', cell: (row) => row.from },
    ],
    limit,
  );
}
