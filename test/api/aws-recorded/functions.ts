import assert from 'node:assert/strict';
import {
  Architecture,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  SnapStartApplyOn,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type CreateFunctionCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { codeZip, newFunction } from '../../support/aws-house.ts';
import {
  ARN,
  broken,
  configuration,
  conflict,
  empty,
  got,
  invalid,
  missing,
  ok,
  stale,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const LIFE = 'functions-life';

const changed = {
  Description: 'Changed-Description',
  MemorySize: 512,
  Timeout: 10,
  Environment: { Variables: { ENV_A: 'a' } },
};

/** A function from its creation to its end. */
export const LIFECYCLE: RecordedGroup = {
  about: 'the life of a function:',
  rows: [
    {
      what: 'CreateFunction',
      ask: (client) =>
        client.send(
          new CreateFunctionCommand(newFunction(LIFE, { MemorySize: 256, Timeout: 5, Environment: { Variables: {} } })),
        ),
      aws: ok(configuration(LIFE, 'created', { MemorySize: 256, Timeout: 5, Environment: { Variables: {} } }), 201),
      also: (body, kept) => void (kept['created'] = body['RevisionId']),
    },
    {
      what: 'CreateFunction of a name that is taken',
      ask: (client) => client.send(new CreateFunctionCommand(newFunction(LIFE))),
      aws: conflict(`Function already exist: ${LIFE}`),
    },
    {
      what: 'GetFunction once it is active',
      ask: (client) => client.send(new GetFunctionCommand({ FunctionName: LIFE })),
      aws: got(LIFE, { MemorySize: 256, Timeout: 5, Environment: { Variables: {} } }),
    },
    {
      what: 'UpdateFunctionConfiguration',
      ask: (client) => client.send(new UpdateFunctionConfigurationCommand({ FunctionName: LIFE, ...changed })),
      aws: ok(configuration(LIFE, 'updated', changed)),
      also: (body, kept) => assert.notEqual(body['RevisionId'], kept['created']),
    },
    {
      what: 'GetFunction after it',
      ask: (client) => client.send(new GetFunctionCommand({ FunctionName: LIFE })),
      aws: got(LIFE, changed),
      also: (body, kept) => void (kept['sha'] = (body['Configuration'] as Record<string, unknown>)['CodeSha256']),
    },
    {
      what: 'UpdateFunctionConfiguration with what is set already',
      ask: (client) => client.send(new UpdateFunctionConfigurationCommand({ FunctionName: LIFE, ...changed })),
      aws: ok(configuration(LIFE, 'updated', changed)),
    },
    {
      what: 'UpdateFunctionCode',
      ask: (client) => client.send(new UpdateFunctionCodeCommand({ FunctionName: LIFE, ZipFile: codeZip('other') })),
      aws: ok(configuration(LIFE, 'updated', changed)),
      also: (body, kept) => assert.notEqual(body['CodeSha256'], kept['sha']),
    },
    {
      what: 'GetFunctionConfiguration after it',
      ask: (client) => client.send(new GetFunctionConfigurationCommand({ FunctionName: LIFE })),
      aws: ok(configuration(LIFE, 'settled', changed)),
      also: (body, kept) => assert.notEqual(body['CodeSha256'], kept['sha']),
    },
    {
      what: 'UpdateFunctionCode at a revision that is not the last',
      ask: (client) =>
        client.send(
          new UpdateFunctionCodeCommand({ FunctionName: LIFE, ZipFile: codeZip('third'), RevisionId: 'wrong' }),
        ),
      aws: stale,
    },
    {
      what: 'UpdateFunctionConfiguration at a revision that is not the last',
      ask: (client) =>
        client.send(new UpdateFunctionConfigurationCommand({ FunctionName: LIFE, Timeout: 9, RevisionId: 'wrong' })),
      aws: stale,
    },
    {
      what: 'UpdateFunctionCode to an image',
      ask: (client) =>
        client.send(new UpdateFunctionCodeCommand({ FunctionName: LIFE, ImageUri: 'registry.local/image:latest' })),
      aws: invalid("Please don't provide ImageUri when updating a function with packageType Zip."),
    },
    {
      what: 'DeleteFunction',
      ask: (client) => client.send(new DeleteFunctionCommand({ FunctionName: LIFE })),
      aws: empty(),
    },
    {
      what: 'UpdateFunctionCode after its end',
      ask: (client) => client.send(new UpdateFunctionCodeCommand({ FunctionName: LIFE, ZipFile: codeZip() })),
      aws: missing(`Function not found: ${ARN}${LIFE}`),
    },
  ],
};

const refusedName = 'functions-refused';

/** A request to create a function that has one fault. */
function refused(what: string, more: Partial<CreateFunctionCommandInput>, aws: WireAnswer): RecordedBehaviour {
  return {
    what: `CreateFunction with ${what}`,
    ask: (client) => client.send(new CreateFunctionCommand(newFunction(refusedName, more))),
    aws,
  };
}

const update = (client: LambdaClient, more: object): Promise<unknown> =>
  client.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'functions-kept', ...more }));

/** The list of runtimes changes with the years; the words around it do not. */
const runtime = (name: string): WireAnswer =>
  invalid(
    new RegExp(
      `^Value ${name.replace('.', '\\.')} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \\[[a-z0-9., -]+\\] or be a valid ARN$`,
    ),
  );
const role = broken(
  String.raw`1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`,
);
const tooLarge = (message: string): WireAnswer => ({
  ...{ status: 413, error: 'RequestEntityTooLargeException' },
  body: { message },
});
const CANNOT =
  'Lambda was unable to configure your environment variables because the environment variables you have provided';
/** As JSON, AWS's 4 KB and one byte. */
const LARGE = 'x'.repeat(4097 - '{"LARGE_VAR":""}'.length);

/** What is refused before anything changes. */
export const REFUSED: RecordedGroup = {
  about: 'a function that cannot be:',
  prepare: (client) => client.send(new CreateFunctionCommand(newFunction('functions-kept'))),
  rows: [
    refused('a role that is none', { Role: 'r1' }, role),
    refused('an unknown runtime', { Runtime: 'non-existent-runtime' as never }, runtime('non-existent-runtime')),
    refused('a runtime in capitals', { Runtime: 'PYTHON3.9' as never }, runtime('PYTHON3.9')),
    refused(
      'two architectures',
      { Architectures: [Architecture.x86_64, Architecture.arm64] },
      broken(
        "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1",
      ),
    ),
    refused(
      'an architecture in capitals',
      { Architectures: ['X86_64' as never] },
      broken(
        "1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
      ),
    ),
    refused(
      'a file that is no zip',
      { Code: { ZipFile: Buffer.from('this is not a zipfile, just a random string') } },
      invalid('Could not unzip uploaded file. Please check your file, then try to upload again.'),
    ),
    refused(
      'a zip that is too large',
      { Code: { ZipFile: Buffer.alloc(52_428_801) } },
      tooLarge('Zipped size must be smaller than 52428800 bytes'),
    ),
    {
      ...refused(
        'an environment of more than 4 KB',
        { Environment: { Variables: { LARGE_VAR: LARGE } } },
        invalid(`${CANNOT} exceeded the 4KB limit. String measured: {"LARGE_VAR":"${LARGE}"}`),
      ),
      differs: { why: 'values may be secrets', here: invalid(`${CANNOT} exceeded the 4KB limit.`) },
    },
    {
      ...refused(
        'two variables of more than 4 KB together',
        { Environment: { Variables: { SMALL_VAR: 'ok', LARGE_VAR: 'x'.repeat(4064) } } },
        invalid(
          `${CANNOT} exceeded the 4KB limit. String measured: {"SMALL_VAR":"ok","LARGE_VAR":"${'x'.repeat(4064)}"}`,
        ),
      ),
      differs: { why: 'values may be secrets', here: invalid(`${CANNOT} exceeded the 4KB limit.`) },
    },
    refused(
      'SnapStart where the runtime has none',
      { SnapStart: { ApplyOn: SnapStartApplyOn.PublishedVersions } },
      invalid('nodejs22.x is not supported for SnapStart enabled functions.'),
    ),
    refused(
      'SnapStart of an unknown kind',
      { SnapStart: { ApplyOn: 'invalidOption' as never } },
      broken(
        "1 validation error detected: Value 'invalidOption' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy enum value set: [PublishedVersions, None]",
      ),
    ),
    {
      what: 'GetFunction after all these',
      ask: (client) => client.send(new GetFunctionCommand({ FunctionName: refusedName })),
      aws: missing(`Function not found: ${ARN}${refusedName}`),
    },
    {
      what: 'CreateFunction with an environment of just 4 KB',
      ask: (client) =>
        client.send(
          new CreateFunctionCommand(
            newFunction('functions-large', { Environment: { Variables: { LARGE_VAR: LARGE.slice(1) } } }),
          ),
        ),
      aws: ok(
        configuration('functions-large', 'created', { Environment: { Variables: { LARGE_VAR: LARGE.slice(1) } } }),
        201,
      ),
    },
    {
      what: 'UpdateFunctionConfiguration to a role that is none',
      ask: (client) => update(client, { Role: 'r1' }),
      aws: role,
    },
    {
      what: 'UpdateFunctionConfiguration to an unknown runtime',
      ask: (client) => update(client, { Runtime: 'non-existent-runtime' }),
      aws: runtime('non-existent-runtime'),
    },
    {
      what: 'UpdateFunctionConfiguration to a runtime in capitals',
      ask: (client) => update(client, { Runtime: 'PYTHON3.9' }),
      aws: runtime('PYTHON3.9'),
    },
    {
      what: 'ListFunctions of an unknown kind of versions',
      ask: (client) => client.send(new ListFunctionsCommand({ FunctionVersion: 'invalid' as never })),
      aws: broken(
        "1 validation error detected: Value 'invalid' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]",
      ),
    },
  ],
};
