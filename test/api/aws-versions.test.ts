import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  ListAliasesCommand,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  waitUntilPublishedVersionActive,
  type FunctionConfiguration,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { awsError, awsHouse, codeZip, newFunction, type AwsHouse } from '../support/aws-house.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:';

describe("versions and aliases by AWS's own client", () => {
  let house: AwsHouse;
  let client: LambdaClient;
  before(async () => {
    house = await awsHouse();
    ({ client } = house);
  });
  after(() => house[Symbol.asyncDispose]());
  const create = (name: string, more = {}): Promise<FunctionConfiguration> =>
    client.send(new CreateFunctionCommand(newFunction(name, more)));
  const publish = (name: string, more = {}): Promise<FunctionConfiguration> =>
    client.send(new PublishVersionCommand({ FunctionName: name, ...more }));
  const versions = async (name: string): Promise<(string | undefined)[]> => {
    const { Versions: list = [] } = await client.send(new ListVersionsByFunctionCommand({ FunctionName: name }));
    return list.map(({ Version }) => Version);
  };
  /** A function with published versions 1 and 2. */
  const withTwo = async (name: string): Promise<void> => {
    await create(name, { Publish: true });
    await client.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: codeZip('two'), Publish: true }));
  };

  test('a version is published once for the same code, and listed from then on', async () => {
    await create('once');
    assert.deepEqual(await versions('once'), ['$LATEST']);
    const one = await publish('once', { Description: 'the first' });
    assert.equal(one.FunctionArn, `${ARN}once:1`);
    assert.equal(one.Version, '1');
    assert.equal(one.Description, 'the first');
    assert.equal(one.State, 'Active');
    await waitUntilPublishedVersionActive({ client, maxWaitTime: 10 }, { FunctionName: 'once', Qualifier: '1' });
    const again = await publish('once', { Description: 'not kept' });
    assert.deepEqual([again.Version, again.Description, again.RevisionId], ['1', 'the first', one.RevisionId]);
    await client.send(new UpdateFunctionCodeCommand({ FunctionName: 'once', ZipFile: codeZip('two') }));
    assert.deepEqual(await versions('once'), ['$LATEST', '1']);
    await publish('once');
    assert.deepEqual(await versions('once'), ['$LATEST', '1', '2']);
    const all = await client.send(new ListFunctionsCommand({ FunctionVersion: 'ALL' }));
    const arns = all.Functions?.map(({ FunctionArn }) => FunctionArn).filter((arn) => arn?.includes(':once'));
    assert.deepEqual(arns, [`${ARN}once:$LATEST`, `${ARN}once:1`, `${ARN}once:2`]);
  });

  test('a version carries its qualifier wherever it was asked for by one', async () => {
    await create('named', { Publish: true });
    for (const [qualifier, version] of [
      ['$LATEST', '$LATEST'],
      ['1', '1'],
    ] as const) {
      const seen = await client.send(
        new GetFunctionConfigurationCommand({ FunctionName: 'named', Qualifier: qualifier }),
      );
      assert.deepEqual([seen.FunctionArn, seen.Version], [`${ARN}named:${qualifier}`, version]);
    }
    const inName = await client.send(new GetFunctionConfigurationCommand({ FunctionName: `${ARN}named:1` }));
    assert.equal(inName.Version, '1');
    await assert.rejects(
      client.send(new GetFunctionCommand({ FunctionName: 'named:1', Qualifier: '2' })),
      awsError(
        'InvalidParameterValueException',
        'The derived qualifier from the function name does not match the specified qualifier.',
      ),
    );
    await assert.rejects(
      client.send(new GetFunctionCommand({ FunctionName: 'named', Qualifier: '7' })),
      awsError('ResourceNotFoundException', `Function not found: ${ARN}named:7`),
    );
    await assert.rejects(
      client.send(new GetFunctionCommand({ FunctionName: 'arn:aws:lambda:eu-west-1:000000000000:function:named' })),
      awsError(
        'ResourceNotFoundException',
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
      ),
    );
  });

  test('a version is only published if the code and the revision are what the caller saw', async () => {
    const made = await create('seen');
    await assert.rejects(
      publish('seen', { CodeSha256: 'wrong' }),
      awsError(
        'InvalidParameterValueException',
        `CodeSHA256 (wrong) is different from current CodeSHA256 in $LATEST (${made.CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
      ),
    );
    await assert.rejects(
      publish('seen', { RevisionId: 'stale' }),
      awsError('PreconditionFailedException', /Revision Id/),
    );
    const one = await publish('seen', { CodeSha256: made.CodeSha256, RevisionId: made.RevisionId });
    assert.equal(one.Version, '1');
  });

  test('versions of lam are listed without further ado', async () => {
    await house.house.publish('by-lam');
    assert.deepEqual(await versions('by-lam'), ['$LATEST', '1']);
  });

  test('a version is deleted unless an alias leads to it', async () => {
    await withTwo('trim');
    await client.send(new CreateAliasCommand({ FunctionName: 'trim', Name: 'prod', FunctionVersion: '1' }));
    await assert.rejects(
      client.send(new DeleteFunctionCommand({ FunctionName: 'trim', Qualifier: '1' })),
      awsError('ResourceConflictException', /prod/),
    );
    await assert.rejects(
      client.send(new DeleteFunctionCommand({ FunctionName: 'trim', Qualifier: '$LATEST' })),
      awsError('InvalidParameterValueException', '$LATEST version cannot be deleted without deleting the function.'),
    );
    await client.send(new DeleteAliasCommand({ FunctionName: 'trim', Name: 'prod' }));
    await client.send(new DeleteFunctionCommand({ FunctionName: 'trim', Qualifier: '1' }));
    // The live one: its number goes, and the function stays.
    await client.send(new DeleteFunctionCommand({ FunctionName: 'trim', Qualifier: '2' }));
    assert.deepEqual(await versions('trim'), ['$LATEST']);
    await assert.rejects(
      client.send(new GetFunctionCommand({ FunctionName: 'trim', Qualifier: '2' })),
      awsError('ResourceNotFoundException', /trim:2$/),
    );
    assert.equal((await client.send(new InvokeCommand({ FunctionName: 'trim' }))).StatusCode, 200);
  });

  test('an alias is created, described, listed, moved and deleted', async () => {
    await withTwo('moves');
    const made = await client.send(
      new CreateAliasCommand({ FunctionName: 'moves', Name: 'prod', FunctionVersion: '1', Description: 'for all' }),
    );
    const { $metadata: metadata, RevisionId: revision, ...rest } = made;
    assert.equal(metadata.httpStatusCode, 201);
    const alias = { AliasArn: `${ARN}moves:prod`, Name: 'prod', FunctionVersion: '1', Description: 'for all' };
    assert.deepEqual(rest, alias);
    const got = await client.send(new GetAliasCommand({ FunctionName: 'moves', Name: 'prod' }));
    assert.equal(got.RevisionId, revision);
    const listed = await client.send(new ListAliasesCommand({ FunctionName: 'moves', FunctionVersion: '1' }));
    assert.deepEqual(listed.Aliases, [{ ...alias, RevisionId: revision }]);
    assert.deepEqual(
      (await client.send(new ListAliasesCommand({ FunctionName: 'moves', FunctionVersion: '2' }))).Aliases,
      [],
    );
    const qualified = await client.send(new GetFunctionCommand({ FunctionName: 'moves', Qualifier: 'prod' }));
    assert.equal(qualified.Configuration?.FunctionArn, `${ARN}moves:prod`);
    assert.equal(qualified.Configuration.Version, '1');
    await assert.rejects(
      client.send(new UpdateAliasCommand({ FunctionName: 'moves', Name: 'prod', RevisionId: 'stale' })),
      awsError('PreconditionFailedException', /Revision Id/),
    );
    const moved = await client.send(
      new UpdateAliasCommand({ FunctionName: 'moves', Name: 'prod', FunctionVersion: '2', RevisionId: revision }),
    );
    assert.equal(moved.FunctionVersion, '2');
    assert.equal(moved.Description, 'for all');
    assert.notEqual(moved.RevisionId, revision);
    for (let twice = 0; twice < 2; twice++) {
      const gone = await client.send(new DeleteAliasCommand({ FunctionName: 'moves', Name: 'prod' }));
      assert.equal(gone.$metadata.httpStatusCode, 204);
    }
    await assert.rejects(
      client.send(new GetAliasCommand({ FunctionName: 'moves', Name: 'prod' })),
      awsError('ResourceNotFoundException', `Cannot find alias arn: ${ARN}moves:prod`),
    );
    await assert.rejects(
      client.send(new UpdateAliasCommand({ FunctionName: 'moves', Name: 'prod' })),
      awsError('ResourceNotFoundException', `Alias not found: ${ARN}moves:prod`),
    );
  });

  test('an alias divides its requests by weight', async () => {
    await withTwo('split');
    const weights = { AdditionalVersionWeights: { 2: 0.25 } };
    const made = await client.send(
      new CreateAliasCommand({ FunctionName: 'split', Name: 'canary', FunctionVersion: '1', RoutingConfig: weights }),
    );
    assert.deepEqual(made.RoutingConfig, weights);
    assert.deepEqual(house.house.registry.detail('split' as never).aliasRouting, { canary: { weights: { 2: 25 } } });
    const counts = new Map<string | undefined, number>();
    for (let i = 0; i < 200; i++) {
      const { ExecutedVersion } = await client.send(new InvokeCommand({ FunctionName: 'split:canary' }));
      counts.set(ExecutedVersion, (counts.get(ExecutedVersion) ?? 0) + 1);
    }
    // Seven standard deviations around 50 of 200.
    const second = counts.get('2') ?? 0;
    assert.ok(second > 7 && second < 93, `${second} of 200 reached version 2`);
    assert.equal(second + (counts.get('1') ?? 0), 200);
    const whole = await client.send(
      new UpdateAliasCommand({
        FunctionName: 'split',
        Name: 'canary',
        RoutingConfig: { AdditionalVersionWeights: {} },
      }),
    );
    assert.equal(whole.RoutingConfig, undefined);
  });

  test('an alias that lam made sticky stays so when its weights change', async () => {
    await withTwo('sticks');
    await house.house.operations.aliases.set('sticks' as never, 'canary' as never, {
      version: 1 as never,
      routing: { weights: { 2: 10 }, sticky: 'x-user' },
      verify: false,
    });
    await client.send(
      new UpdateAliasCommand({
        FunctionName: 'sticks',
        Name: 'canary',
        RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
      }),
    );
    const { aliasRouting } = house.house.registry.detail('sticks' as never);
    assert.deepEqual(aliasRouting, { canary: { weights: { 2: 50 }, sticky: 'x-user' } });
  });

  test('updates that publish at the same time each answer with the version that they made', async () => {
    await withTwo('races');
    const texts = Array.from({ length: 6 }, (_, n) => `race ${n}`);
    const answers = await Promise.all(
      texts.map((text) =>
        client
          .send(new UpdateFunctionCodeCommand({ FunctionName: 'races', ZipFile: codeZip(text), Publish: true }))
          .catch((error: unknown) => {
            assert.equal((error as Error).name, 'ResourceConflictException');
          }),
      ),
    );
    const made = answers.flatMap((answer, n) => (answer === undefined ? [] : [{ answer, text: texts[n] }]));
    assert.ok(made.length > 1);
    for (const { answer, text } of made)
      assert.equal(answer.CodeSha256, createHash('sha256').update(codeZip(text)).digest('base64'));
    assert.equal(new Set(made.map(({ answer }) => answer.Version)).size, made.length);
  });

  test('an alias is refused in the words of AWS', async () => {
    await withTwo('refuses');
    const make = (more: object): Promise<unknown> =>
      client.send(new CreateAliasCommand({ FunctionName: 'refuses', Name: 'a', FunctionVersion: '1', ...more }));
    const parameter = 'InvalidParameterValueException';
    const weights = (given: Record<string, number>): object => ({ RoutingConfig: { AdditionalVersionWeights: given } });
    await assert.rejects(
      make({ FunctionVersion: '9' }),
      awsError('ResourceNotFoundException', `Function not found: ${ARN}refuses:9`),
    );
    await assert.rejects(
      make(weights({ 2: 0.1, 3: 0.1 })),
      awsError(parameter, 'Number of items in AdditionalVersionWeights cannot be greater than 1'),
    );
    await assert.rejects(
      make(weights({ 1: 0.1 })),
      awsError(
        parameter,
        'Invalid function version 1. Function version 1 is already included in routing configuration.',
      ),
    );
    await assert.rejects(make(weights({ 2: 1.5 })), awsError('ValidationException', /less than or equal to 1/));
    await assert.rejects(make({ Name: '123' }), awsError('ValidationException', /Value '123' at 'name'/));
    await make({});
    await assert.rejects(make({}), awsError('ResourceConflictException', `Alias already exists: ${ARN}refuses:a`));
  });

  test('an alias may have a name that every object of JavaScript has', async () => {
    await withTwo('proto');
    for (const name of ['toString', 'constructor']) {
      const alias = { FunctionName: 'proto', Name: name };
      const qualified = { FunctionName: 'proto', Qualifier: name };
      await client.send(new CreateAliasCommand({ ...alias, FunctionVersion: '1' }));
      const moved = await client.send(new UpdateAliasCommand({ ...alias, FunctionVersion: '2' }));
      assert.deepEqual([moved.FunctionVersion, moved.Description, moved.RoutingConfig], ['2', '', undefined]);
      await assert.rejects(
        client.send(new GetPolicyCommand(qualified)),
        awsError('ResourceNotFoundException', /does not exist/),
      );
      const permission = { StatementId: 's', Action: 'lambda:InvokeFunction', Principal: '*' };
      await client.send(new AddPermissionCommand({ ...qualified, ...permission }));
      assert.match((await client.send(new GetPolicyCommand(qualified))).Policy ?? '', /"Sid":"s"/);
      const url = await client.send(new CreateFunctionUrlConfigCommand({ ...qualified, AuthType: 'NONE' }));
      assert.match(url.FunctionUrl ?? '', new RegExp(`proto:${name}/$`));
    }
  });

  test('a number of a version is written in one way', async () => {
    await create('written', { Publish: true });
    for (const qualifier of ['01', '0x1', '1e0'])
      await assert.rejects(
        client.send(new GetFunctionConfigurationCommand({ FunctionName: 'written', Qualifier: qualifier })),
        awsError('ResourceNotFoundException', `Function not found: ${ARN}written:${qualifier}`),
      );
    await assert.rejects(
      client.send(new CreateAliasCommand({ FunctionName: 'written', Name: 'a', FunctionVersion: '01' })),
      awsError('ResourceNotFoundException', `Function not found: ${ARN}written:01`),
    );
  });

  test('of changes to an alias that saw the same revision, one is made', async () => {
    await withTwo('raced');
    const settled = async (commands: readonly (CreateAliasCommand | UpdateAliasCommand)[]): Promise<unknown[]> => {
      const all = await Promise.allSettled(commands.map((command) => client.send(command as UpdateAliasCommand)));
      return all.map((each) => (each.status === 'fulfilled' ? 'made' : (each.reason as Error).name)).toSorted();
    };
    const alias = { FunctionName: 'raced', Name: 'prod' };
    const made = await settled(['1', '2'].map((to) => new CreateAliasCommand({ ...alias, FunctionVersion: to })));
    assert.deepEqual(made, ['ResourceConflictException', 'made']);
    const { RevisionId: seen } = await client.send(new GetAliasCommand(alias));
    const changes = [{ Description: 'x' }, { RoutingConfig: {}, Description: 'y' }, { Description: 'z' }];
    const moved = await settled(
      changes.map((change) => new UpdateAliasCommand({ ...alias, ...change, RevisionId: seen })),
    );
    assert.deepEqual(moved, ['PreconditionFailedException', 'PreconditionFailedException', 'made']);
  });
});
