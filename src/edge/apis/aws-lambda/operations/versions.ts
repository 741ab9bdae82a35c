import { lamError } from '../../../../errors/index.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { textIn } from '../../../aws/members.ts';
import { codeSha256, revisionOf } from '../configuration.ts';
import { checkRevision, liveVersion, unqualified } from '../lookups.ts';
import { published } from '../publication.ts';
import { listVersions } from './functions.ts';

/** Versions: publish, list. */
export const VERSION_ACTIONS: AwsActions = { PublishVersion: publish, ListVersionsByFunction: listVersions };

async function publish(call: AwsCall): Promise<unknown> {
  const name = unqualified(call);
  const seen = liveVersion(call, name);
  checkRevision(call, revisionOf(seen));
  const wanted = textIn(call.input, 'CodeSha256');
  const is = codeSha256(seen.version);
  if (wanted !== undefined && wanted !== '' && wanted !== is)
    throw lamError('LAM_AWS_PARAMETER', {
      message: `CodeSHA256 (${wanted}) is different from current CodeSHA256 in $LATEST (${is}). Please try again with the CodeSHA256 in $LATEST.`,
    });
  const description = textIn(call.input, 'Description');
  return published(call, { name, version: seen.version.version, description, state: 'settled' });
}
