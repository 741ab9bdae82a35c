import {
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  InvokeCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  type InvokeCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { codeZip, newFunction } from '../../support/aws-house.ts';
import type { Handlers } from '../../support/edge-house.ts';
import { ARN, missing, type Kept, type RecordedBehaviour, type RecordedGroup, type WireAnswer } from './behaviour.ts';

const NAME = 'invoke-echo';
const SEEN = 'invoke-seen';
const FAILS = 'invoke-fails';
const NOTHING = 'invoke-nothing';
const ANSWERS = 'invoke-answers';

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const FAULT = '{"errorType":"Error","errorMessage":"some_error_msg","trace":["Error: some_error_msg"]}';

/** The code of the functions. */
export const HANDLERS: Handlers = {
  [NAME]: ({ event, print }) => {
    print('stdout', 'hello\n');
    return Promise.resolve({ kind: 'result', payload: event });
  },
  [SEEN]: ({ context }) => Promise.resolve({ kind: 'result', payload: bytes({ arn: context.functionArn }) }),
  [FAILS]: () => Promise.resolve({ kind: 'error', payload: bytes(FAULT), errorType: 'Error' }),
  [NOTHING]: () => Promise.resolve({ kind: 'result', payload: bytes('null') }),
  // What the request's body says is what the function answers.
  [ANSWERS]: ({ event }) => {
    const { body } = JSON.parse(Buffer.from(event).toString()) as { body: string };
    return Promise.resolve(
      body === 'fail'
        ? { kind: 'error', payload: bytes(FAULT), errorType: 'Error' }
        : { kind: 'result', payload: bytes(body) },
    );
  },
};

const invoke = (what: string, input: InvokeCommandInput, aws: WireAnswer): RecordedBehaviour => ({
  what: `Invoke ${what}`,
  ask: (client) => client.send(new InvokeCommand(input)),
  aws,
});
const executed = (version: string, body: WireAnswer['body'] = {}): WireAnswer => ({
  ...{ status: 200, body },
  headers: { 'x-amz-executed-version': version, 'content-type': 'application/json' },
});
const seen = (what: string, named: InvokeCommandInput, version: string, arn: string): RecordedBehaviour =>
  invoke(`${what}, which the function is told`, named, executed(version, { arn: `${ARN}${arn}` }));

async function prepare(client: LambdaClient): Promise<void> {
  for (const name of [NAME, SEEN, FAILS, NOTHING]) await client.send(new CreateFunctionCommand(newFunction(name)));
  await client.send(new PublishVersionCommand({ FunctionName: SEEN }));
  await client.send(new CreateAliasCommand({ FunctionName: SEEN, Name: 'alias1', FunctionVersion: '1' }));
  await client.send(new UpdateFunctionCodeCommand({ FunctionName: SEEN, ZipFile: codeZip('two'), Publish: true }));
}

const ROWS: readonly RecordedBehaviour[] = [
  invoke('of a function', { FunctionName: NAME, Payload: bytes({ a: 1 }) }, executed('$LATEST', { a: 1 })),
  invoke('without a payload', { FunctionName: NAME }, executed('$LATEST')),
  invoke('later', { FunctionName: NAME, InvocationType: 'Event' }, { status: 202 }),
  invoke('only as a trial', { FunctionName: NAME, InvocationType: 'DryRun' }, { status: 204 }),
  invoke(
    'with the end of its log',
    { FunctionName: NAME, LogType: 'Tail' },
    {
      ...executed('$LATEST'),
      headers: { 'x-amz-executed-version': '$LATEST', 'x-amz-log-result': /^[A-Za-z0-9+/]+=*$/ },
    },
  ),
  invoke('of a function that returns nothing', { FunctionName: NOTHING }, executed('$LATEST', null)),
  invoke(
    'of a function that fails',
    { FunctionName: FAILS },
    {
      ...executed('$LATEST', { errorType: 'Error', errorMessage: 'some_error_msg', trace: ['Error: some_error_msg'] }),
      headers: { 'x-amz-executed-version': '$LATEST', 'x-amz-function-error': 'Unhandled' },
    },
  ),
  invoke(
    'with what is no JSON',
    { FunctionName: NAME, Payload: bytes('{"a"') },
    {
      ...{ status: 400, error: 'InvalidRequestContentException' },
      body: {
        Type: 'User',
        message: /^Could not parse request body into json: Could not parse payload into json: /,
      },
    },
  ),
  invoke(
    'of no such function',
    { FunctionName: 'doesnotexist' },
    missing(`Function not found: ${ARN}doesnotexist:$LATEST`),
  ),
  invoke(
    'of a version of no such function',
    { FunctionName: 'doesnotexist', Qualifier: '1' },
    missing(`Function not found: ${ARN}doesnotexist:1`),
  ),
  invoke('of no such version', { FunctionName: NAME, Qualifier: '7' }, missing(`Function not found: ${ARN}${NAME}:7`)),
  invoke(
    'of no such alias',
    { FunctionName: NAME, Qualifier: 'nothere' },
    missing(`Function not found: ${ARN}${NAME}:nothere`),
  ),
  seen('of a name', { FunctionName: SEEN }, '$LATEST', SEEN),
  seen('of an ARN', { FunctionName: `${ARN}${SEEN}` }, '$LATEST', SEEN),
  seen('of a version', { FunctionName: SEEN, Qualifier: '1' }, '1', `${SEEN}:1`),
  seen('of the ARN of a version', { FunctionName: `${ARN}${SEEN}:1` }, '1', `${SEEN}:1`),
  seen('of another version', { FunctionName: SEEN, Qualifier: '2' }, '2', `${SEEN}:2`),
  seen('of an alias', { FunctionName: SEEN, Qualifier: 'alias1' }, '1', `${SEEN}:alias1`),
  seen('of the ARN of an alias', { FunctionName: `${ARN}${SEEN}:alias1` }, '1', `${SEEN}:alias1`),
];

/** A request to the function's URL, whose body is what the function returns. */
const fetched = (what: string, returned: unknown, aws: WireAnswer): RecordedBehaviour => ({
  what: `a function URL answers ${what}`,
  ask: (_client, { url }) =>
    fetch(String(url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof returned === 'string' ? returned : JSON.stringify(returned),
    }),
  aws,
});
const plain = (text: string, status = 200): WireAnswer => ({
  ...{ status, text },
  headers: { 'content-type': 'application/json', 'content-length': String(text.length) },
});

const URL_ROWS: readonly RecordedBehaviour[] = [
  fetched('an object as JSON', { hello: 'world' }, plain('{"hello":"world"}')),
  fetched('a response with its body', { statusCode: 200, body: 'body123' }, plain('body123')),
  fetched('a response whose status is a text', { statusCode: '418', body: 'teapot' }, plain('teapot', 418)),
  fetched('a list as JSON', ['hello', 3, true], plain('["hello",3,true]')),
  fetched('a text without quotes', JSON.stringify('hello'), plain('hello')),
  fetched('a number', '42', plain('42')),
  fetched('a truth value', 'true', plain('true')),
  fetched(
    'a response with a type',
    { statusCode: 201, headers: { 'Content-Type': 'text/html' }, body: '<p>' },
    {
      ...{ status: 201, text: '<p>' },
      headers: { 'content-type': 'text/html' },
    },
  ),
  fetched('502 for a function that fails', 'fail', { status: 502, text: 'Internal Server Error' }),
];

/** Invocations by the API and by function URLs. */
export const INVOCATIONS: readonly RecordedGroup[] = [
  { about: 'invocations:', prepare, rows: ROWS },
  {
    about: 'answers of function URLs:',
    async prepare(client: LambdaClient, kept: Kept) {
      await client.send(new CreateFunctionCommand(newFunction(ANSWERS)));
      const { FunctionUrl: url } = await client.send(
        new CreateFunctionUrlConfigCommand({ FunctionName: ANSWERS, AuthType: 'NONE' }),
      );
      kept['url'] = url;
    },
    rows: URL_ROWS,
  },
];
