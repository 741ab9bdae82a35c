import { lamError } from '../../../../errors/index.ts';
import type { FunctionDetail } from '../../../../contract/index.ts';
import { namedFunction } from '../arns.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { objectIn, textIn } from '../../../aws/members.ts';
import { changeFacts, functionFacts } from '../facts.ts';
import { detailOf } from '../lookups.ts';

/** AWS's limit of tags of a function. */
const MOST_TAGS = 50;

/** Tags of functions. */
export const TAG_ACTIONS: AwsActions = {
  ListTags: (call) => ({ Tags: functionFacts(tagged(call)).tags ?? {} }),
  async TagResource(call) {
    const { name } = tagged(call);
    const given = (objectIn(call.input, 'Tags') ?? {}) as Record<string, string>;
    if (Object.keys(given).length === 0)
      throw lamError('LAM_AWS_PARAMETER', { message: 'An error occurred and the request cannot be processed.' });
    await changeFacts(call.operations, name, (facts) => ({
      ...facts,
      tags: checkedTags({ ...facts.tags, ...given }),
    }));
  },
  async UntagResource(call) {
    const { name } = tagged(call);
    const gone = new Set(call.input['TagKeys'] as readonly string[]);
    await changeFacts(call.operations, name, (facts) => ({
      ...facts,
      tags: Object.fromEntries(Object.entries(facts.tags ?? {}).filter(([key]) => !gone.has(key))),
    }));
  },
};

/** Returns all tags of a function as they are. Throws `LAM_AWS_PARAMETER` for too many. */
export function checkedTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (Object.keys(tags).length > MOST_TAGS)
    throw lamError('LAM_AWS_PARAMETER', { message: 'Number of tags exceeds resource tag limit.' });
  return tags;
}

function tagged(call: AwsCall): FunctionDetail {
  const arn = textIn(call.input, 'Resource') ?? '';
  if (!arn.includes(':function:'))
    throw lamError('LAM_AWS_PARAMETER', { message: `lam keeps tags of functions: ${arn}` });
  const { name, qualifier } = namedFunction(call.arns, arn);
  if (qualifier !== undefined)
    throw lamError('LAM_AWS_PARAMETER', {
      message: 'Tags on function aliases and versions are not supported. Please specify a function ARN.',
    });
  return detailOf(call, name);
}
