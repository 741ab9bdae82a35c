import { isDeepStrictEqual } from 'node:util';
import type { TriggerConfig, FunctionName } from '../contract/index.ts';
import type { EpochMs } from '../kit/index.ts';
import type { Declared, TriggerKind } from './kind.ts';
import { variablesIn } from './source/references.ts';

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

/** Returns the names of the function's variables to which a trigger refers. Pure. */
export function variablesOf(config: TriggerConfig, { literal = [] }: TriggerKind): readonly string[] {
  return variablesIn(Object.fromEntries(Object.entries(config).filter(([key]) => !literal.includes(key))));
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
    const claims = claimsOf(config, kind);
    const other = claims.map((claim) => claimed.get(claim)).find((owner) => owner !== undefined);
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
    for (const claim of claims) if (!claimed.has(claim)) claimed.set(claim, trigger);
    named.add(name);
  }
  return faults;
}

/**
 * Returns what keeps triggers from going live at `now` of those that are not in `live`, as sentences. Requires entries
 * without other faults. Pure.
 */
export function newTriggerFaults(
  triggers: readonly TriggerConfig[],
  live: readonly TriggerConfig[],
  now: EpochMs,
  kinds: readonly TriggerKind[],
): readonly string[] {
  return triggers.flatMap((config) => {
    const kind = kindOf(config, kinds);
    const fault = kind?.newFault?.(config, now)?.fault;
    if (kind === undefined || fault === undefined || live.some((one) => isDeepStrictEqual(one, config))) return [];
    return [`the ${kind.noun} '${kind.nameOf(config)}' ${fault}`];
  });
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
  const keysOf = (config: TriggerConfig): readonly string[] => {
    const kind = kindOf(config, kinds);
    return kind === undefined ? [] : claimsOf(config, kind);
  };
  const wanted = new Map(mine.triggers.flatMap((config) => keysOf(config).map((key) => [key, config])));
  for (const key of already.flatMap(keysOf)) wanted.delete(key);
  if (wanted.size === 0) return;
  for (const other of theirs()) {
    if (other.functionName === mine.functionName) continue;
    const key = keysOf(other.config).find((one) => wanted.has(one));
    const config = key === undefined ? undefined : wanted.get(key);
    const conflict =
      config && kindOf(config, kinds)?.exclusive?.conflict({ functionName: mine.functionName, config }, other);
    if (conflict !== undefined) throw conflict;
  }
}

/** What a trigger claims for itself among all functions; nothing for a kind that is not exclusive. */
function claimsOf(config: TriggerConfig, kind: TriggerKind): readonly string[] {
  return (kind.exclusive?.keys(config) ?? []).map((key) => JSON.stringify([kind.type, key]));
}

/** Returns the folders and files of a function's source that its triggers need in the package. Pure. */
export function filesOfTriggers(triggers: readonly TriggerConfig[], kinds: readonly TriggerKind[]): readonly string[] {
  return triggers.flatMap((config) => kindOf(config, kinds)?.filesOf?.(config) ?? []);
}
