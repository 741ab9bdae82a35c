import type { FunctionName } from '../../../contract/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { configurationOf, type ShownState } from './configuration.ts';
import { changeFacts, functionFacts, isPublished } from './facts.ts';
import { liveVersion } from './lookups.ts';

/**
 * Gives the live version its number for this API, and returns its configuration under that number. Changes nothing if it
 * has been published, as AWS publishes nothing if nothing changed.
 */
export async function publishedNow(
  operations: Operations,
  name: FunctionName,
  description: string | undefined,
  state: ShownState,
): Promise<Record<string, unknown>> {
  const { detail, version } = liveVersion(operations, name);
  const number = String(version.version);
  const known = functionFacts(detail).versions?.[number];
  if (known?.isDeleted === true || !isPublished(detail, version))
    await changeFacts(operations, name, (facts) => ({
      ...facts,
      versions: { ...facts.versions, [number]: description === undefined ? {} : { description } },
    }));
  const seen = liveVersion(operations, name);
  return configurationOf({ ...seen, qualifier: number }, state);
}
