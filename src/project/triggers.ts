import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { knownFunctionName, type TriggerConfig } from '../contract/index.ts';
import { declarationFaults, filesOfTriggers, shapeFaults, shortFormsOf, type TriggerKind } from '../triggers/index.ts';
import { entriesOf as settingsOf, isMapping, settingOf, type Declaration } from './declaration.ts';
import type { SourceDocument, ValuePath } from './document.ts';
import type { ProjectFault } from './project.ts';

/** A declared trigger and its path in the file. */
interface Entry {
  readonly value: unknown;
  /** Path of the entry, or of the short form's item. */
  readonly path: ValuePath;
  readonly isShort: boolean;
  /** Settings that it takes over from the top level. */
  readonly inherited: readonly string[];
}

/** Returns the triggers of a valid declaration, in either form; undefined when it has neither key. */
export function triggersOf(
  declaration: Declaration,
  kinds: readonly TriggerKind[],
): readonly TriggerConfig[] | undefined {
  const { values } = declaration.own;
  const keys = ['triggers', ...shortFormsOf(kinds).map(({ form }) => form.key)];
  if (keys.every((key) => values[key] === undefined)) return undefined;
  return entriesOf(declaration, kinds).map(({ value }) => value as TriggerConfig);
}

/** Checks what the schema cannot express of a project's triggers, including conflicts between functions. */
export function triggerFaults(
  source: SourceDocument,
  declarations: readonly Declaration[],
  kinds: readonly TriggerKind[],
): readonly ProjectFault[] {
  const formed = declarations.flatMap((declaration) =>
    entriesOf(declaration, kinds)
      .filter(({ value }) => shapeFaults(value, kinds).length === 0)
      .map((entry) => ({
        functionName: knownFunctionName(declaration.name),
        config: entry.value as TriggerConfig,
        entry,
      })),
  );
  return declarationFaults(formed, kinds).flatMap(({ index, key, message }) => {
    const entry = formed[index]?.entry;
    if (entry === undefined) return [];
    return [source.fault(placeOf(entry, key), message)];
  });
}

/**
 * Checks that the files which a function's triggers need are there. Skips functions with a build command, which may make
 * them, and entries with other faults.
 */
export async function neededFaults(
  source: SourceDocument,
  declaration: Declaration,
  root: string,
  kinds: readonly TriggerKind[],
): Promise<readonly ProjectFault[]> {
  if (settingsOf(declaration, 'build').has('command')) return [];
  const path = settingOf(declaration, 'path')?.value;
  const folder = typeof path === 'string' ? join(root, path) : root;
  const functionName = knownFunctionName(declaration.name);
  const faults: ProjectFault[] = [];
  for (const { value, path: at } of entriesOf(declaration, kinds)) {
    const config = value as TriggerConfig;
    if (shapeFaults(value, kinds).length > 0 || declarationFaults([{ functionName, config }], kinds).length > 0)
      continue;
    for (const place of filesOfTriggers([config], kinds)) {
      const isThere = await stat(join(folder, place)).then(
        () => true,
        () => false,
      );
      if (!isThere) faults.push(source.fault(at, `'${place}' does not exist in the folder of '${declaration.name}'`));
    }
  }
  return faults;
}

/** Where the faulty setting of an entry is. */
function placeOf({ value, path, isShort, inherited }: Entry, key: string): ValuePath {
  if (inherited.includes(key)) return [(value as TriggerConfig).type, key];
  return isShort ? path : [...path, key];
}

function entriesOf({ own, project }: Declaration, kinds: readonly TriggerKind[]): readonly Entry[] {
  const items = (key: string): readonly unknown[] => {
    const value = own.values[key];
    return Array.isArray(value) ? (value as unknown[]) : [];
  };
  const whole = items('triggers').map((value, n) => ({ value, path: [...own.path, 'triggers', n], isShort: false }));
  const short = shortFormsOf(kinds).flatMap(({ form }) =>
    items(form.key).map((item, n) => {
      // The schema reports items that are neither.
      const value = typeof item === 'string' || isMapping(item) ? form.expand(item) : undefined;
      return { value, path: [...own.path, form.key, n], isShort: true };
    }),
  );
  return [...whole, ...short].map((entry) => withInherited(entry, project.values, kinds));
}

/** Adds the settings that the project gives to all entries of a kind. */
function withInherited(
  entry: Omit<Entry, 'inherited'>,
  project: Readonly<Record<string, unknown>>,
  kinds: readonly TriggerKind[],
): Entry {
  const { value } = entry;
  const kind = isMapping(value) ? kinds.find(({ type }) => type === value['type']) : undefined;
  const shared = kind === undefined ? undefined : project[kind.type];
  if (kind === undefined || !isMapping(value) || !isMapping(shared)) return { ...entry, inherited: [] };
  const inherited = (kind.inherited ?? []).filter((key) => shared[key] !== undefined && value[key] === undefined);
  const taken = Object.fromEntries(inherited.map((key) => [key, shared[key]]));
  return { ...entry, value: { ...value, ...taken }, inherited };
}
