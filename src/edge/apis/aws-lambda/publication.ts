import type { FunctionName, VersionNumber } from '../../../contract/index.ts';
import { configurationOf, type ShownState } from './configuration.ts';
import { changeFacts, functionFacts, isPublished } from './facts.ts';
import { detailOf, functionMissing, seenVersion, type AwsScope } from './lookups.ts';

/** A version that is to have its number for this API. */
export interface NumberedVersion {
  readonly name: FunctionName;
  /** Not the live one of later, which another request may have moved. */
  readonly version: VersionNumber;
  readonly description?: string | undefined;
  readonly state: ShownState;
}

/**
 * Gives a version its number for this API, and returns its configuration under that number. Changes nothing if it has
 * been published, as AWS publishes nothing if nothing changed. Throws `LAM_AWS_NOT_FOUND`.
 */
export async function published(
  call: AwsScope,
  { name, version, description, state }: NumberedVersion,
): Promise<Record<string, unknown>> {
  const detail = detailOf(call, name);
  const number = String(version);
  const found = detail.allVersions.find((each) => each.version === version);
  if (found === undefined) throw functionMissing(call, name, number);
  const known = functionFacts(detail).versions?.[number];
  if (known?.isDeleted === true || !isPublished(detail, found))
    await changeFacts(call.operations, name, (facts) => ({
      ...facts,
      versions: { ...facts.versions, [number]: description === undefined ? {} : { description } },
    }));
  return configurationOf(call.arns, seenVersion(call, { name, qualifier: number }), state);
}
