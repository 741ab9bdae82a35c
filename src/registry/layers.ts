import { isDeepStrictEqual } from 'node:util';
import {
  DEFAULT_CONFIG,
  type ConfigInput,
  type FunctionConfig,
  type LayersOfSettings,
  type SettingLayer,
} from '../contract/index.ts';
import type { VersionRecord } from '../store/index.ts';
import { inShortForms, overrideTriggers, shortFormsOf, withoutShortForm, type TriggerKind } from '../triggers/index.ts';
import { runtimeHandler, withoutLists } from './config.ts';

/**
 * Settings of a version by where they come from. A flag wins over a live setting, that over lam.yaml, and that over the
 * default. Flags and live settings share no setting and no variable: the last one given removes the other.
 */
export interface Layers {
  /** Of lam.yaml. */
  readonly input: ConfigInput;
  /** Live settings: of `lam config set` and `lam env set`. */
  readonly overrides: ConfigInput;
  /** Flags of the deploy. */
  readonly flags: ConfigInput;
}

/**
 * Returns the complete configuration. Environments are merged key by key. The default handler is the runtime's, or a
 * general one for unknown runtimes. A live list of triggers replaces those of its kind.
 */
export function effectiveConfig({ input, overrides, flags }: Layers, kinds: readonly TriggerKind[]): FunctionConfig {
  const merged = withoutLists(
    { ...DEFAULT_CONFIG, ...defined(input), ...defined(overrides), ...defined(flags) },
    shortFormsOf(kinds).map(({ form }) => form.key),
  );
  const triggers = overrideTriggers(input.triggers ?? DEFAULT_CONFIG.triggers, overrides, kinds);
  const handler =
    flags.handler ?? overrides.handler ?? input.handler ?? runtimeHandler(merged.runtime) ?? DEFAULT_CONFIG.handler;
  const environment = { ...input.environment, ...overrides.environment, ...flags.environment };
  return { ...merged, handler, triggers, environment };
}

/** Returns `settings` without those that `given` has, and without its variables. Pure. */
export function without(settings: ConfigInput, given: ConfigInput): ConfigInput {
  const { environment, ...rest } = settings;
  const variables = Object.entries(environment ?? {}).filter(([key]) => !Object.hasOwn(given.environment ?? {}, key));
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([field]) => !(field in given))),
    ...(variables.length === 0 ? {} : { environment: Object.fromEntries(variables) }),
  };
}

/** Returns `settings` without the named ones; the environment goes as a whole. Pure. */
export function withoutSettings(settings: ConfigInput, names: readonly (keyof FunctionConfig)[]): ConfigInput {
  const gone = new Set<string>(names);
  return Object.fromEntries(Object.entries(settings).filter(([field]) => !gone.has(field)));
}

/** Returns the layer of each value of a version that does not have its default. Pure. */
export function layersOf(version: VersionRecord, kinds: readonly TriggerKind[]): LayersOfSettings {
  const { input, flags = {} } = version;
  const overrides = version.overrides ?? without(differing(version), flags);
  const settings: Record<string, SettingLayer> = {};
  const layers = [
    [inBothForms(input, kinds), 'lam.yaml', 'lam.yaml'],
    [inBothForms(overrides, kinds), 'config set', 'env set'],
    [flags, 'flag', 'flag'],
  ] as const;
  // Later layers win.
  for (const [given, layer] of layers)
    for (const field of Object.keys(defined(given))) if (field !== 'environment') settings[field] = layer;
  const variables = layers.flatMap(([given, , layer]) =>
    Object.keys(given.environment ?? {}).map((key): [string, SettingLayer] => [key, layer]),
  );
  // Not by assignment: a variable may be called __proto__.
  const environment = Object.fromEntries(variables);
  return { settings, environment };
}

/** Shows triggers that have a short form in it; `triggers` are then the others. */
function inBothForms(settings: ConfigInput, kinds: readonly TriggerKind[]): ConfigInput {
  const { triggers, ...rest } = settings;
  if (triggers === undefined) return settings;
  const short = Object.entries(inShortForms(triggers, kinds)).filter(([, items]) => items.length > 0);
  const others = withoutShortForm(triggers, kinds);
  const own = others.length > 0 || short.length === 0 ? { triggers: others } : {};
  return { ...Object.fromEntries(short), ...rest, ...own };
}

/** What the configuration has and neither lam.yaml nor the defaults explain; for versions without recorded overrides. */
function differing({ config, input }: VersionRecord): ConfigInput {
  const { environment, ...fields } = config;
  const base = { ...DEFAULT_CONFIG, handler: runtimeHandler(config.runtime) ?? DEFAULT_CONFIG.handler, ...input };
  const variables = Object.entries(environment).filter(([key, value]) => input.environment?.[key] !== value);
  return {
    ...Object.fromEntries(
      Object.entries(fields).filter(([field, value]) => !isDeepStrictEqual(value, base[field as keyof FunctionConfig])),
    ),
    environment: Object.fromEntries(variables),
  };
}

/** Returns the settings without undefined ones, which would override others when spread. */
export function defined(input: ConfigInput): ConfigInput {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}
