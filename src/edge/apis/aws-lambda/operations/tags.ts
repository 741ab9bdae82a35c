import { lamError } from '../../../../errors/index.ts';
import { namedFunction } from '../arns.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { objectIn, textIn } from '../../../aws/members.ts';
import { changeFacts, functionFacts, type FunctionFacts, type MappingFacts } from '../facts.ts';
import { detailOf } from '../lookups.ts';
import { codeSigningOf, keepCodeSigning } from './code-signing.ts';
import { mappingIn } from '../mappings/mapping.ts';

/** AWS's limit of tags of a function. */
const MOST_TAGS = 50;

type Tags = Readonly<Record<string, string>>;

/** Something that has tags. */
interface Tagged {
  readonly tags: Tags;
  /** Changes them; `next` may be called again. */
  change(next: (before: Tags) => Tags): Promise<void>;
}

/** Tags of functions, event source mappings and code signing configurations. */
export const TAG_ACTIONS: AwsActions = {
  ListTags: async (call) => ({ Tags: (await tagged(call)).tags }),
  async TagResource(call) {
    const given = (objectIn(call.input, 'Tags') ?? {}) as Tags;
    if (Object.keys(given).length === 0)
      throw lamError('LAM_AWS_PARAMETER', { message: 'An error occurred and the request cannot be processed.' });
    await (await tagged(call)).change((before) => checkedTags({ ...before, ...given }));
  },
  async UntagResource(call) {
    const gone = new Set(call.input['TagKeys'] as readonly string[]);
    await (
      await tagged(call)
    ).change((before) => Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key))));
  },
};

/** Returns all tags of a function as they are. Throws `LAM_AWS_PARAMETER` for too many. */
export function checkedTags(tags: Tags): Tags {
  if (Object.keys(tags).length > MOST_TAGS)
    throw lamError('LAM_AWS_PARAMETER', { message: 'Number of tags exceeds resource tag limit.' });
  return tags;
}

async function tagged(call: AwsCall): Promise<Tagged> {
  const arn = textIn(call.input, 'Resource') ?? '';
  const signing = call.arns.lambda('code-signing-config:');
  if (arn.startsWith(signing)) return taggedSigning(call, arn, arn.slice(signing.length));
  const mappings = call.arns.lambda('event-source-mapping:');
  if (arn.startsWith(mappings)) return taggedMapping(call, arn.slice(mappings.length));
  if (!arn.includes(':function:'))
    throw lamError('LAM_AWS_PARAMETER', {
      message: `lam keeps tags of functions, event source mappings and code signing configurations: ${arn}`,
    });
  const { name, qualifier } = namedFunction(call.arns, arn);
  if (qualifier !== undefined)
    throw lamError('LAM_AWS_PARAMETER', {
      message: 'Tags on function aliases and versions are not supported. Please specify a function ARN.',
    });
  const tagsOf = ({ tags = {} }: FunctionFacts): Tags => tags;
  return {
    tags: tagsOf(functionFacts(detailOf(call, name))),
    change: (next) => changeFacts(call.operations, name, (facts) => ({ ...facts, tags: next(tagsOf(facts)) })),
  };
}

function taggedSigning(call: AwsCall, arn: string, id: string): Tagged {
  const config = codeSigningOf(call, id);
  if (config === undefined)
    throw lamError('LAM_AWS_NOT_FOUND', { message: `The Lambda code signing configuration ${arn} can not be found.` });
  const { tags = {} } = config;
  return { tags, change: (next) => keepCodeSigning(call, id, { ...config, tags: next(tags) }) };
}

async function taggedMapping(call: AwsCall, uuid: string): Promise<Tagged> {
  const { detail, trigger, facts } = await mappingIn({ ...call, input: { UUID: uuid } });
  const own: MappingFacts = {
    trigger: `${trigger.type}:${trigger.name}`,
    modified: detail.updatedAt / 1000,
    shown: {},
  };
  return {
    tags: facts?.tags ?? {},
    change: (next) =>
      changeFacts(call.operations, detail.name, ({ mappings = {}, ...others }) => {
        const before = mappings[uuid] ?? own;
        return { ...others, mappings: { ...mappings, [uuid]: { ...before, tags: next(before.tags ?? {}) } } };
      }),
  };
}
