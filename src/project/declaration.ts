import type { ValuePath } from './document.ts';

/** One function as the file declares it, before any check: its own settings, and those of `defaults` behind them. */
export interface Declaration {
  readonly name: string;
  readonly own: Section;
  readonly defaults: Section | undefined;
}

/** A map of the file and where it stands. */
export interface Section {
  readonly path: ValuePath;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A setting's value and the place it came from. */
export interface Setting {
  readonly path: ValuePath;
  readonly value: unknown;
}

/** The functions a file declares, in its order; what is not a map where one is needed is left out. */
export function declarationsOf(value: unknown): readonly Declaration[] {
  if (!isMapping(value)) return [];
  if (!('functions' in value)) {
    return [
      {
        name: typeof value['name'] === 'string' ? value['name'] : '',
        own: { path: [], values: value },
        defaults: undefined,
      },
    ];
  }
  const { functions, defaults } = value;
  const behind = isMapping(defaults) ? { path: ['defaults'], values: defaults } : undefined;
  if (!isMapping(functions)) return [];
  return Object.entries(functions)
    .filter((pair): pair is [string, Record<string, unknown>] => isMapping(pair[1]))
    .map(([name, values]) => ({ name, own: { path: ['functions', name], values }, defaults: behind }));
}

/** A setting of a function: its own, else the default; undefined when neither sets it. */
export function settingOf(declaration: Declaration, key: string): Setting | undefined {
  for (const section of [declaration.own, declaration.defaults]) {
    const value = section?.values[key];
    if (section !== undefined && value !== undefined) return { path: [...section.path, key], value };
  }
  return undefined;
}

/** The entries of a map setting (`environment`, `build`), the function's own over the defaults. */
export function entriesOf(declaration: Declaration, key: string): ReadonlyMap<string, Setting> {
  const entries = new Map<string, Setting>();
  for (const section of [declaration.defaults, declaration.own]) {
    const value = section?.values[key];
    if (section === undefined || !isMapping(value)) continue;
    for (const [name, entry] of Object.entries(value))
      entries.set(name, { path: [...section.path, key, name], value: entry });
  }
  return entries;
}

/** Whether a value is a map rather than a list or a scalar. */
function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
