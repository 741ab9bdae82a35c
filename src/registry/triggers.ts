import type { TriggerConfig, FunctionName } from '../contract/index.ts';
import type { CatalogueView, OutlineFact } from '../store/index.ts';
import { checkConflicts, newTriggerFaults, type Declared, type TriggerKind } from '../triggers/index.ts';
import { lamError } from '../errors/index.ts';

/** Triggers of live versions; kept in memory because a new one is checked against all of them. */
export const LIVE_TRIGGERS: OutlineFact<readonly TriggerConfig[]> = {
  name: 'triggers',
  derive: ({ triggers }) => (triggers.length === 0 ? undefined : triggers),
};

/** Returns the triggers of a function's live version; empty if the function does not exist. */
export function liveTriggersOf(catalogue: CatalogueView, name: FunctionName): readonly TriggerConfig[] {
  return catalogue.fact(name, LIVE_TRIGGERS) ?? NONE;
}

const NONE: readonly TriggerConfig[] = [];

/** Triggers of all live versions, by function in order of creation and then as declared. */
function* allLiveTriggers(catalogue: CatalogueView): Iterable<Declared> {
  for (const functionName of catalogue.names())
    for (const config of liveTriggersOf(catalogue, functionName)) yield { functionName, config };
}

/**
 * Throws a kind's conflict error (`LAM_REGISTRY_ROUTE_CONFLICT` ...) if another function's live version excludes one of
 * `triggers`.
 */
export function checkTriggers(
  catalogue: CatalogueView,
  functionName: FunctionName,
  triggers: readonly TriggerConfig[],
  kinds: readonly TriggerKind[],
): void {
  const already = liveTriggersOf(catalogue, functionName);
  checkConflicts({ functionName, triggers }, already, () => allLiveTriggers(catalogue), kinds);
}

/**
 * Throws `LAM_REGISTRY_INVALID_CONFIG` if a trigger that the live version does not have cannot go live now: one whose time
 * is past.
 */
export function checkNewTriggers(
  catalogue: CatalogueView,
  functionName: FunctionName,
  triggers: readonly TriggerConfig[],
  context: { readonly now: number; readonly kinds: readonly TriggerKind[]; readonly live?: boolean },
): void {
  const { now, kinds, live } = context;
  const faults = newTriggerFaults(triggers, liveTriggersOf(catalogue, functionName), now, kinds);
  if (faults.length === 0) return;
  throw lamError('LAM_REGISTRY_INVALID_CONFIG', {
    name: functionName,
    faults: faults.map((fault) => `triggers: ${fault}`),
    ...(live === undefined ? {} : { live }),
  });
}
