import { knownFunctionName, type TriggerConfig } from '../contract/index.ts';
import { declarationFaults, shapeFaults, shortFormsOf, type TriggerKind } from '../triggers/index.ts';
import type { Declaration } from './declaration.ts';
import type { SourceDocument, ValuePath } from './document.ts';
import type { ProjectFault } from './project.ts';

/** A declared trigger and its path in the file. */
interface Entry {
  readonly value: unknown;
  /** Path of the entry, or of the short form's item. */
  readonly path: ValuePath;
  readonly isShort: boolean;
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
    return [source.fault(entry.isShort ? entry.path : [...entry.path, key], message)];
  });
}

function entriesOf({ own }: Declaration, kinds: readonly TriggerKind[]): readonly Entry[] {
  const items = (key: string): readonly unknown[] => {
    const value = own.values[key];
    return Array.isArray(value) ? (value as unknown[]) : [];
  };
  const whole = items('triggers').map((value, n) => ({ value, path: [...own.path, 'triggers', n], isShort: false }));
  const short = shortFormsOf(kinds).flatMap(({ form }) =>
    items(form.key).map((item, n) => {
      // The schema reports items that are not text.
      const value = typeof item === 'string' ? form.expand(item) : undefined;
      return { value, path: [...own.path, form.key, n], isShort: true };
    }),
  );
  return [...whole, ...short];
}
