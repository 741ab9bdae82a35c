import {
  Architecture,
  CreateFunctionCommand,
  DeleteLayerVersionCommand,
  GetFunctionConfigurationCommand,
  GetLayerVersionByArnCommand,
  GetLayerVersionCommand,
  ListLayersCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
  UpdateFunctionConfigurationCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { newFunction } from '../../support/aws-house.ts';
import { zipOf } from '../../unit/store/support.ts';
import {
  broken,
  configuration,
  DATE,
  empty,
  HTTP_URL,
  invalid,
  isCount,
  LAYER_ARN,
  missing,
  ok,
  SHA256,
  type Expected,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const zip = (text: string): Buffer => zipOf([{ name: 'data.txt', content: text }]);
const publish = (client: LambdaClient, LayerName: string, text = LayerName): Promise<unknown> =>
  client.send(new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: zip(text) } }));

const version = (name: string, number: number): Record<string, Expected> => ({
  CreatedDate: DATE,
  Description: '',
  LayerVersionArn: `${LAYER_ARN}${name}:${number}`,
  Version: number,
});
const whole = (name: string, number: number): Expected => ({
  ...version(name, number),
  LayerArn: `${LAYER_ARN}${name}`,
  Content: { CodeSha256: SHA256, CodeSize: isCount, Location: HTTP_URL },
});

const NAME = 'layers-refused';
const absent = missing('The resource you requested does not exist.');
const below = invalid('Layer Version Cannot be less than 1');

const get = (what: string, LayerName: string, VersionNumber: number, aws: WireAnswer): RecordedBehaviour => ({
  what: `GetLayerVersion ${what}`,
  ask: (client) => client.send(new GetLayerVersionCommand({ LayerName, VersionNumber })),
  aws,
});
const byArn = (what: string, Arn: string, aws: WireAnswer): RecordedBehaviour => ({
  what: `GetLayerVersionByArn ${what}`,
  ask: (client) => client.send(new GetLayerVersionByArnCommand({ Arn })),
  aws,
});
const remove = (what: string, LayerName: string, VersionNumber: number, aws: WireAnswer): RecordedBehaviour => ({
  what: `DeleteLayerVersion ${what}`,
  ask: (client) => client.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber })),
  aws,
});
const list = (what: string, LayerName: string, LayerVersions: readonly Expected[]): RecordedBehaviour => ({
  what: `ListLayerVersions ${what}`,
  ask: (client) => client.send(new ListLayerVersionsCommand({ LayerName })),
  aws: ok({ LayerVersions }),
});

const REFUSED: readonly RecordedBehaviour[] = [
  {
    what: 'PublishLayerVersion with a runtime and an architecture',
    ask: (client) =>
      client.send(
        new PublishLayerVersionCommand({
          ...{ LayerName: NAME, Content: { ZipFile: zip(NAME) } },
          ...{ CompatibleRuntimes: ['python3.9'], CompatibleArchitectures: ['x86_64'] },
        }),
      ),
    aws: ok(
      { ...(whole(NAME, 1) as object), CompatibleRuntimes: ['python3.9'], CompatibleArchitectures: ['x86_64'] },
      201,
    ),
    differs: { why: 'lam keeps no runtimes and architectures of layers', here: ok(whole(NAME, 1), 201) },
  },
  {
    what: 'ListLayers for an unknown runtime',
    ask: (client) => client.send(new ListLayersCommand({ CompatibleRuntime: 'runtimedoesnotexist' as never })),
    aws: broken(
      /^1 validation error detected: Value 'runtimedoesnotexist' at 'compatibleRuntime' failed to satisfy constraint: Member must satisfy enum value set: \[[a-z0-9., -]+\]$/,
    ),
    differs: { why: 'lam has runtimes of its own', here: ok({ Layers: (layers) => Array.isArray(layers) }) },
  },
  {
    what: 'ListLayers for an unknown architecture',
    ask: (client) => client.send(new ListLayersCommand({ CompatibleArchitecture: 'archdoesnotexist' as never })),
    aws: broken(
      "1 validation error detected: Value 'archdoesnotexist' at 'compatibleArchitecture' failed to satisfy constraint: Member must satisfy enum value set: [x86_64, arm64]",
    ),
  },
  list('of no such layer', 'layerdoesnotexist', []),
  get('of no such layer', 'layerdoesnotexist', 1, absent),
  get('of a number below nothing', NAME, -1, below),
  get('of the number 0', NAME, 0, below),
  get('of no such version', NAME, 2, absent),
  byArn(
    'without a version',
    `${LAYER_ARN}${NAME}`,
    broken(
      new RegExp(
        `^1 validation error detected: Value '${LAYER_ARN}${NAME}' at 'arn' failed to satisfy constraint: Member must satisfy regular expression pattern: `,
      ),
    ),
  ),
  byArn('of no such version', `${LAYER_ARN}${NAME}:2`, absent),
  remove('of no such layer', 'layerdoesnotexist', 1, empty()),
  remove('of no such version', NAME, 2, empty()),
  remove('of a version', NAME, 1, empty()),
  remove('of what is gone', NAME, 1, empty()),
  remove('of a number below nothing', NAME, -1, below),
  {
    what: 'PublishLayerVersion with an unknown runtime and an unknown architecture',
    ask: (client) =>
      client.send(
        new PublishLayerVersionCommand({
          ...{ LayerName: NAME, Content: { ZipFile: zip(NAME) }, CompatibleRuntimes: ['invalidruntime' as never] },
          CompatibleArchitectures: ['invalidarch' as never],
        }),
      ),
    aws: broken(
      /^2 validation errors detected: Value '\[invalidruntime\]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: \[[^\]]+\]; Value '\[invalidarch\]' at 'compatibleArchitectures' failed to satisfy constraint: Member must satisfy constraint: \[Member must satisfy enum value set: \[x86_64, arm64\]\]$/,
    ),
    differs: {
      why: 'lam has runtimes of its own, and one wording for lists',
      here: broken(
        "1 validation error detected: Value '[invalidarch]' at 'compatibleArchitectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
      ),
    },
  },
];

const LIFE = 'layers-life';
const USER = 'layers-user';
const used = (CodeSize: Expected): Record<string, Expected> => ({
  Layers: [{ Arn: `${LAYER_ARN}${LIFE}:1`, CodeSize }],
});
const CONFIGURED: RecordedBehaviour['ask'] = (client) =>
  client.send(new GetFunctionConfigurationCommand({ FunctionName: USER }));

/** A function that uses the layer. */
const using = (what: string, ask: RecordedBehaviour['ask'], state: 'updated' | 'settled'): RecordedBehaviour => ({
  what,
  ask,
  aws: ok(configuration(USER, state, used(isCount))),
  differs: { why: 'sizes of layers are not shown', here: ok(configuration(USER, state, used(0))) },
});

const LIVED: readonly RecordedBehaviour[] = [
  {
    what: 'PublishLayerVersion',
    ask: (client) => publish(client, LIFE),
    aws: ok(whole(LIFE, 1), 201),
  },
  {
    what: 'PublishLayerVersion of other files',
    ask: (client) => publish(client, LIFE, 'two'),
    aws: ok(whole(LIFE, 2), 201),
  },
  {
    what: 'PublishLayerVersion of the same files once more',
    ask: (client) => publish(client, LIFE, 'two'),
    aws: ok(whole(LIFE, 3), 201),
    differs: { why: 'the same files make no new version', here: ok(whole(LIFE, 2), 201) },
  },
  using(
    'UpdateFunctionConfiguration to a layer',
    (client) =>
      client.send(new UpdateFunctionConfigurationCommand({ FunctionName: USER, Layers: [`${LAYER_ARN}${LIFE}:1`] })),
    'updated',
  ),
  using('GetFunctionConfiguration with it', CONFIGURED, 'settled'),
  get('of a version', LIFE, 1, ok(whole(LIFE, 1))),
  byArn('of a version', `${LAYER_ARN}${LIFE}:1`, ok(whole(LIFE, 1))),
  list('newest first', LIFE, [version(LIFE, 2), version(LIFE, 1)]),
  remove('of one in use', LIFE, 1, empty()),
  using('GetFunctionConfiguration once its layer is gone', CONFIGURED, 'settled'),
  remove('of the last one', LIFE, 2, empty()),
  list('of none any more', LIFE, []),
  {
    what: 'PublishLayerVersion after all are gone counts on',
    ask: (client) => publish(client, LIFE),
    aws: ok(whole(LIFE, 3), 201),
  },
];

const TWICE = 'layers-twice';
const arn = (number: number, name = TWICE): string => `${LAYER_ARN}${name}:${number}`;
const use = (what: string, Layers: readonly string[], aws: WireAnswer): RecordedBehaviour => ({
  what: `UpdateFunctionConfiguration to ${what}`,
  ask: (client) => client.send(new UpdateFunctionConfigurationCommand({ FunctionName: TWICE, Layers: [...Layers] })),
  aws,
});
const same = (a: number, b: number): WireAnswer =>
  invalid(
    `Two different versions of the same layer are not allowed to be referenced in the same function. ${arn(a)} and ${arn(b)} are versions of the same layer.`,
  );

const USED: readonly RecordedBehaviour[] = [
  use('two versions of a layer', [arn(1), arn(2)], same(1, 2)),
  use('three versions of a layer', [arn(1), arn(2), arn(3)], same(1, 2)),
  use('a version of a layer twice', [arn(1), arn(1)], same(1, 1)),
  use('no such layer', [arn(1, 'doesnotexist')], invalid(`Layer version ${arn(1, 'doesnotexist')} does not exist.`)),
  use('no such version of a layer', [arn(9)], invalid(`Layer version ${arn(9)} does not exist.`)),
  use(
    'a layer without its version',
    [`${LAYER_ARN}${TWICE}`],
    broken(
      new RegExp(
        `^1 validation error detected: Value '\\[${LAYER_ARN}${TWICE}\\]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: \\[Member must have length less than or equal to \\d+, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: .*, Member must not be null\\]$`,
      ),
    ),
  ),
  {
    what: 'CreateFunction with a layer of another region',
    ask: (client) =>
      client.send(
        new CreateFunctionCommand(
          newFunction('layers-far', { Layers: [`arn:aws:lambda:eu-central-1:000000000000:layer:${TWICE}:1`] }),
        ),
      ),
    aws: invalid('Layers are not in the same region as the function. Layers are expected to be in region us-east-1.'),
  },
  {
    what: 'CreateFunction with six layers',
    ask: (client) =>
      client.send(
        new CreateFunctionCommand(
          newFunction('layers-six', { Layers: [1, 2, 3, 4, 5, 6].map((number) => arn(1, `layers-${number}`)) }),
        ),
      ),
    aws: invalid('Cannot reference more than 5 layers.'),
  },
];

/** Layers. */
export const LAYERS: readonly RecordedGroup[] = [
  { about: 'layers that cannot be:', rows: REFUSED },
  {
    about: 'the life of a layer:',
    prepare: (client) => client.send(new CreateFunctionCommand(newFunction(USER))),
    rows: LIVED,
  },
  {
    about: 'layers of functions:',
    async prepare(client) {
      await client.send(new CreateFunctionCommand(newFunction(TWICE, { Architectures: [Architecture.x86_64] })));
      for (const text of ['one', 'two', 'three']) await publish(client, TWICE, text);
    },
    rows: USED,
  },
];
