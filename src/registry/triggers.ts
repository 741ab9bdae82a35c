import type { TriggerConfig } from '../contract/index.ts';
import type { CatalogueView, OutlineFact } from '../store/index.ts';
import { checkConflicts, type Declared, type TriggerKind } from '../triggers/index.ts';

/** The triggers of live versions, which the catalogue keeps at hand because a new one is checked against all of them. */
export const LIVE_TRIGGERS: OutlineFact<readonly TriggerConfig[]> = {
  name: 'triggers',
  derive: ({ triggers }) => (triggers.length === 0 ? undefined : triggers),
};

/** The triggers of a function's live version; none where there is no such function. */
export function liveTriggersOf(catalogue: CatalogueView, name: string): readonly TriggerConfig[] {
  return catalogue.fact(name, LIVE_TRIGGERS) ?? NONE;
}

const NONE: readonly TriggerConfig[] = [];

/** The triggers of all live versions, in the order of the catalogue and then as declared. */
function* allLiveTriggers(catalogue: CatalogueView): Iterable<Declared> {
  for (const functionName of catalogue.names())
    for (const config of liveTriggersOf(catalogue, functionName)) yield { functionName, config };
}

/** Throws the conflict error of a kind, as `LAM_REGISTRY_ROUTE_CONFLICT`, when another function's live version has such a trigger. */
export function checkTriggers(
  catalogue: CatalogueView,
  functionName: string,
  triggers: readonly TriggerConfig[],
  kinds: readonly TriggerKind[],
): void {
  const already = liveTriggersOf(catalogue, functionName);
  checkConflicts({ functionName, triggers }, already, () => allLiveTriggers(catalogue), kinds);
}
