import type { ConfigInput } from './function-config.ts';

/**
 * Where the value of a setting comes from, strongest first. A flag counts for the deploy that it was given with;
 * `config set` and `env set` are live settings, which stay until they are unset.
 */
export const SETTING_LAYERS = ['flag', 'config set', 'env set', 'lam.yaml', 'default'] as const;

export type SettingLayer = (typeof SETTING_LAYERS)[number];

/** The layer of each value of a version. Settings that are missing have their default. */
export interface LayersOfSettings {
  readonly settings: Readonly<Partial<Record<Exclude<keyof ConfigInput, 'environment'>, SettingLayer>>>;
  /** By key. */
  readonly environment: Readonly<Record<string, SettingLayer>>;
}
