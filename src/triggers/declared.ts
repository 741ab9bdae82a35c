import type { TriggerConfig, FunctionName } from '../contract/index.ts';
import type { Declared, TriggerKind } from './kind.ts';

/** A fault of a declared trigger that its schema cannot express. */
export interface TriggerFault {
  /** Index among the checked triggers. */
  readonly index: number;
  /** The faulty setting. */
  readonly key: string;
  readonly message: string;
}

/** Returns the kind of an entry, or undefined for an unknown type. */
export function kindOf({ type }: TriggerConfig, kinds: readonly TriggerKind[]): TriggerKind | undefined {
  return kinds.find((kind) => kind.type === type);
}

/** Returns a trigger's name, unique among those of its kind and function. */
export function triggerName(config: TriggerConfig, kind: TriggerKind): string {
  return config.name ?? kind.nameOf(config);
}

/**
 * Checks triggers that will be live together, of one or several functions: each by itself, and for conflicts and
 * duplicate names. Requires entries without shape faults; skips unknown types. Pure.
 */
export function declarationFaults(
  declared: readonly Declared[],
  kinds: readonly TriggerKind[],
): readonly TriggerFault[] {
  const faults: TriggerFault[] = [];
  const claimed = new Map<string, Declared>();
  const named = new Set<string>();
  for (const [index, trigger] of declared.entries()) {
    const { functionName, config } = trigger;
    const kind = kindOf(config, kinds);
    if (kind === undefined) continue;
    const subject = `the ${kind.noun} '${kind.nameOf(config)}'`;
    const own = kind.fault(config);
    if (own !== undefined) {
      faults.push({ index, key: own.key, message: `${subject} ${own.fault}` });
      continue;
    }
    const claim = kind.exclusive && JSON.stringify([kind.type, kind.exclusive.key(config)]);
    const other = claim === undefined ? undefined : claimed.get(claim);
    const name = JSON.stringify([functionName, kind.type, triggerName(config, kind)]);
    if (other !== undefined) {
      const theirs = `'${kind.nameOf(other.config)}' of '${other.functionName}'`;
      faults.push({
        index,
        key: 'type',
        message: `${subject} of '${functionName}' ${kind.exclusive?.clash} ${theirs}`,
      });
    } else if (named.has(name)) {
      const message = `${subject} of '${functionName}' has the name of another; give it a 'name' of its own`;
      faults.push({ index, key: 'type', message });
    }
    if (claim !== undefined && other === undefined) claimed.set(claim, trigger);
    named.add(name);
  }
  return faults;
}

/**
 * Throws the kind's conflict error if one of `mine` cannot be live beside one of `theirs`. Skips those in `already`,
 * which were checked when they went live, and does not read `theirs` if nothing is left to check.
 */
export function checkConflicts(
  mine: { readonly functionName: FunctionName; readonly triggers: readonly TriggerConfig[] },
  already: readonly TriggerConfig[],
  theirs: () => Iterable<Declared>,
  kinds: readonly TriggerKind[],
): void {
  const keyOf = (config: TriggerConfig): string | undefined => {
    const kind = kindOf(config, kinds);
    return kind?.exclusive && JSON.stringify([kind.type, kind.exclusive.key(config)]);
  };
  const held = new Set(already.map(keyOf));
  const wanted = new Map(mine.triggers.map((config) => [keyOf(config), config]));
  for (const key of [undefined, ...held]) wanted.delete(key);
  if (wanted.size === 0) return;
  for (const other of theirs()) {
    const config = other.functionName === mine.functionName ? undefined : wanted.get(keyOf(other.config));
    const conflict =
      config && kindOf(config, kinds)?.exclusive?.conflict({ functionName: mine.functionName, config }, other);
    if (conflict !== undefined) throw conflict;
  }
}
