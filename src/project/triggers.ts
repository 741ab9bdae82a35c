import type { TriggerConfig } from '../contract/index.ts';
import { declarationFaults, shapeFaults, shortFormsOf, type TriggerKind } from '../triggers/index.ts';
import type { Declaration } from './declaration.ts';
import type { SourceDocument, ValuePath } from './document.ts';
import type { ProjectFault } from './project.ts';

/** An entry of a function's triggers and where it stands. */
interface Entry {
  readonly value: unknown;
  /** Of the entry, or of the item of a short form that stands for it. */
  readonly path: ValuePath;
  readonly isShort: boolean;
}

/** The triggers a function declares in whatever form, or undefined when it says nothing of triggers. Of a valid declaration. */
export function triggersOf(
  declaration: Declaration,
  kinds: readonly TriggerKind[],
): readonly TriggerConfig[] | undefined {
  const { values } = declaration.own;
  const keys = ['triggers', ...shortFormsOf(kinds).map(({ form }) => form.key)];
  if (keys.every((key) => values[key] === undefined)) return undefined;
  return entriesOf(declaration, kinds).map(({ value }) => value as TriggerConfig);
}

/** What is wrong with the triggers of a project that the schema can't say, clashes between functions included. */
export function triggerFaults(
  source: SourceDocument,
  declarations: readonly Declaration[],
  kinds: readonly TriggerKind[],
): readonly ProjectFault[] {
  const formed = declarations.flatMap((declaration) =>
    entriesOf(declaration, kinds)
      .filter(({ value }) => shapeFaults(value, kinds).length === 0)
      .map((entry) => ({ functionName: declaration.name, config: entry.value as TriggerConfig, entry })),
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
      // What is no text is the schema's to refuse.
      const value = typeof item === 'string' ? form.expand(item) : undefined;
      return { value, path: [...own.path, form.key, n], isShort: true };
    }),
  );
  return [...whole, ...short];
}
