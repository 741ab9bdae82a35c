import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  ListTagsCommand,
  PublishVersionCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-lambda';
import { newFunction } from '../../support/aws-house.ts';
import {
  ARN,
  broken,
  empty,
  got,
  invalid,
  missing,
  ok,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const LIFE = 'tags-life';
const MANY = 'tags-many';
const GONE = 'tags-gone';

const tag = (what: string, name: string, Tags: Record<string, string>, aws = empty()): RecordedBehaviour => ({
  what: `TagResource ${what}`,
  ask: (client) => client.send(new TagResourceCommand({ Resource: `${ARN}${name}`, Tags })),
  aws,
});
const untag = (what: string, name: string, TagKeys: readonly string[], aws = empty()): RecordedBehaviour => ({
  what: `UntagResource ${what}`,
  ask: (client) => client.send(new UntagResourceCommand({ Resource: `${ARN}${name}`, TagKeys: [...TagKeys] })),
  aws,
});
const list = (what: string, name: string, aws: WireAnswer): RecordedBehaviour => ({
  what: `ListTags ${what}`,
  ask: (client) => client.send(new ListTagsCommand({ Resource: `${ARN}${name}` })),
  aws,
});
const tags = (Tags: Record<string, string>): WireAnswer => ok({ Tags });
const get = (what: string, name: string, Tags?: Record<string, string>): RecordedBehaviour => ({
  what: `GetFunction ${what}`,
  ask: (client) => client.send(new GetFunctionCommand({ FunctionName: `${ARN}${name}` })),
  aws: got(name, {}, Tags === undefined ? {} : { Tags }),
});

const ROWS: readonly RecordedBehaviour[] = [
  list('of a function that was created with one', LIFE, tags({ key_a: 'value_a' })),
  get('shows it', LIFE, { key_a: 'value_a' }),
  tag('with two', LIFE, { key_b: 'value_b', key_c: 'value_c' }),
  list('with three', LIFE, tags({ key_a: 'value_a', key_b: 'value_b', key_c: 'value_c' })),
  tag('with one that is there and one that is not', LIFE, { key_c: 'value_x', key_d: 'value_d' }),
  list('with the new value', LIFE, tags({ key_a: 'value_a', key_b: 'value_b', key_c: 'value_x', key_d: 'value_d' })),
  get('shows all', LIFE, { key_a: 'value_a', key_b: 'value_b', key_c: 'value_x', key_d: 'value_d' }),
  untag('of one', LIFE, ['key_a']),
  list('without it', LIFE, tags({ key_b: 'value_b', key_c: 'value_x', key_d: 'value_d' })),
  untag('of two', LIFE, ['key_b', 'key_c']),
  list('without them', LIFE, tags({ key_d: 'value_d' })),
  untag('of one that is not there', LIFE, ['key_f']),
  list('which changes nothing', LIFE, tags({ key_d: 'value_d' })),
  untag('of one that is there and one that is not', LIFE, ['key_d', 'key_f']),
  list('of none any more', LIFE, tags({})),
  get('shows none any more', LIFE),
];

const fifty = (from: number, count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${from + i}_key`, `${from + i}_value`]));
const tooMany = invalid('Number of tags exceeds resource tag limit.');
const noParts = invalid('Tags on function aliases and versions are not supported. Please specify a function ARN.');
const nobody = (name: string): WireAnswer => missing(`Function not found: ${ARN}${name}`);

const REFUSED: readonly RecordedBehaviour[] = [
  {
    what: 'TagResource of what is no ARN',
    ask: (client) => client.send(new TagResourceCommand({ Resource: 'arn:aws:something', Tags: { key: 'value' } })),
    aws: broken(
      /^1 validation error detected: Value 'arn:aws:something' at 'resource' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:/,
    ),
  },
  tag('of no such function', 'doesnotexist', { key_a: 'value_a' }, nobody('doesnotexist')),
  tag('of an alias that is none', `${MANY}:v1`, { key_a: 'value_a' }, noParts),
  tag('of a version', `${MANY}:1`, { key_a: 'value_a' }, noParts),
  tag('of $LATEST', `${MANY}:$LATEST`, { key_a: 'value_a' }, noParts),
  list('of a function that never had one', MANY, tags({})),
  untag('of one that never was', MANY, ['somekey']),
  untag(
    'of none',
    MANY,
    [],
    broken(
      "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    ),
  ),
  tag('with none', MANY, {}, invalid('An error occurred and the request cannot be processed.')),
  tag('with 51', MANY, fifty(0, 51), tooMany),
  tag('with 50', MANY, fifty(0, 50)),
  list('with 50', MANY, tags(fifty(0, 50))),
  get('shows 50', MANY, fifty(0, 50)),
  tag('with one more', MANY, { a_key: 'a_value' }, tooMany),
  tag('of a function that is gone', GONE, { A: 'B' }, nobody(GONE)),
  untag('of a function that is gone', GONE, ['A'], nobody(GONE)),
  list('of a function that is gone', GONE, nobody(GONE)),
];

/** Tags. */
export const TAGS: readonly RecordedGroup[] = [
  {
    about: 'the life of tags:',
    prepare: (client) => client.send(new CreateFunctionCommand(newFunction(LIFE, { Tags: { key_a: 'value_a' } }))),
    rows: ROWS,
  },
  {
    about: 'tags that cannot be:',
    async prepare(client) {
      await client.send(new CreateFunctionCommand(newFunction(MANY)));
      await client.send(new PublishVersionCommand({ FunctionName: MANY }));
      await client.send(new CreateAliasCommand({ FunctionName: MANY, Name: 'part', FunctionVersion: '1' }));
      await client.send(new CreateFunctionCommand(newFunction(GONE)));
      await client.send(new DeleteFunctionCommand({ FunctionName: GONE }));
    },
    rows: REFUSED,
  },
];
