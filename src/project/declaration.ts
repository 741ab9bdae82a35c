import type { ValuePath } from './document.ts';

/** One function as the file declares it, unchecked: its own settings, and `defaults` as fallback. */
export interface Declaration {
  readonly name: string;
  readonly own: Section;
  readonly defaults: Section | undefined;
  /** The top level of the file, with what all functions of the project share. */
  readonly project: Section;
}

/** A map of the file and its path. */
export interface Section {
  readonly path: ValuePath;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A setting's value and its path in the file. */
export interface Setting {
  readonly path: ValuePath;
  readonly value: unknown;
}

/** Returns the functions that a file declares, in order. Skips values that are not maps where a map is required. */
export function declarationsOf(value: unknown): readonly Declaration[] {
  if (!isMapping(value)) return [];
  const project: Section = { path: [], values: value };
  if (!('functions' in value)) {
    return [
      {
        name: typeof value['name'] === 'string' ? value['name'] : '',
        own: project,
        defaults: undefined,
        project,
      },
    ];
  }
  const { functions, defaults } = value;
  const behind = isMapping(defaults) ? { path: ['defaults'], values: defaults } : undefined;
  if (!isMapping(functions)) return [];
  return Object.entries(functions)
    .filter((pair): pair is [string, Record<string, unknown>] => isMapping(pair[1]))
    .map(([name, values]) => ({ name, own: { path: ['functions', name], values }, defaults: behind, project }));
}

/** Returns a function's setting: its own, else the default; undefined when neither is set. */
export function settingOf(declaration: Declaration, key: string): Setting | undefined {
  for (const section of [declaration.own, declaration.defaults]) {
    const value = section?.values[key];
    if (section !== undefined && value !== undefined) return { path: [...section.path, key], value };
  }
  return undefined;
}

/** Returns the entries of a map setting (`environment`, `build`): the defaults, overridden by the function's own. */
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
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
