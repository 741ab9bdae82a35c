import { OUTCOMES, type FunctionConfig, type FunctionName } from '../contract/index.ts';
import { readDestination } from '../triggers/index.ts';

/**
 * Says which destinations are functions that do not exist. A setting that is not valid is not reported here. Pure.
 * @param exists whether there is a function, or will be at once
 */
export function missingFunctions(
  name: FunctionName,
  config: Pick<FunctionConfig, 'onSuccess' | 'onFailure'>,
  exists: (name: FunctionName) => boolean,
): string[] {
  return OUTCOMES.flatMap((outcome) => {
    const found = config[outcome] === null ? undefined : readDestination(config[outcome]);
    if (found === undefined || 'fault' in found || found.kind.type !== 'function') return [];
    const { function: destination } = found.config as unknown as { readonly function: FunctionName };
    if (destination === name || exists(destination)) return [];
    return [`${outcome}: there is no function '${destination}' yet; until it is deployed, records cannot be delivered`];
  });
}
