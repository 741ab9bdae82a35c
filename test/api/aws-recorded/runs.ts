import { ARN, type Expected, type WireAnswer } from './behaviour.ts';

/** One answer of a running function that AWS was recorded to give; see `RecordedBehaviour`. */
export interface RecordedRun {
  readonly what: string;
  readonly call: string;
  readonly event?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly aws: WireAnswer;
  readonly differs?: { readonly why: string; readonly here: WireAnswer };
}

/** The code of the functions that are called: `node-NAME` and `python-NAME`. */
export const RUN_CODE = {
  'index.js': `
    let count = 0;
    exports.count = async () => ({ counter: count++ });
    exports.slow = () => new Promise((resolve) => setTimeout(resolve, 60000));
    exports.big = async () => 'x'.repeat(6291600);
    exports.nothing = async () => undefined;
    exports.fail = async () => { throw new Error('some_error_msg'); };
    exports.context = async (event, context) => JSON.parse(JSON.stringify(context));
    exports.log = async (event) => { console.log('heard'); return event; };`,
  'code.py': `
import sys
count = 0
def counts(event, context):
    global count
    count += 1
    return {"counter": count - 1}
def fail(event, context):
    raise Exception("some_error_msg")
def leave(event, context):
    sys.exit(0)
def nothing(event, context):
    return None
def context(event, context):
    names = ("invoked_function_arn", "function_version", "function_name", "memory_limit_in_mb", "log_group_name")
    return {name: getattr(context, name) for name in names}`,
} as const;

export const RUN_PROJECT = `
functions:
  node-count: { runtime: nodejs, handler: index.count }
  node-slow: { runtime: nodejs, handler: index.slow, timeout: 1 }
  node-big: { runtime: nodejs, handler: index.big, memory: 512 }
  node-nothing: { runtime: nodejs, handler: index.nothing }
  node-fail: { runtime: nodejs, handler: index.fail }
  node-context: { runtime: nodejs, handler: index.context }
  node-log: { runtime: nodejs, handler: index.log }
  python-counts: { runtime: python3, handler: code.counts }
  python-fail: { runtime: python3, handler: code.fail }
  python-leave: { runtime: python3, handler: code.leave }
  python-nothing: { runtime: python3, handler: code.nothing }
  python-context: { runtime: python3, handler: code.context }
`;

const answer = (body: Expected): WireAnswer => ({
  ...{ status: 200, body },
  headers: { 'x-amz-executed-version': '$LATEST', 'content-type': 'application/json' },
});
const failure = (body: Expected): WireAnswer => ({
  ...{ status: 200, body },
  headers: { 'x-amz-executed-version': '$LATEST', 'x-amz-function-error': 'Unhandled' },
});
const texts = (value: unknown): boolean => Array.isArray(value) && value.every((line) => typeof line === 'string');
const ID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

const CLIENT = { custom: { foo: 'bar' }, client: { snap: ['crackle', 'pop'] }, env: { fizz: 'buzz' } };
const nodeContext = (version: string): WireAnswer =>
  answer({
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: version,
    functionName: 'node-context',
    memoryLimitInMB: '128',
    logGroupName: '/aws/lambda/node-context',
    logStreamName: new RegExp(`^\\d{4}/\\d\\d/\\d\\d/\\[${version.replace('$', '\\$')}\\][0-9a-f]{32}$`),
    clientContext: CLIENT,
    invokedFunctionArn: `${ARN}node-context`,
    awsRequestId: new RegExp(`^${ID}$`),
    ...(version === '$LATEST' ? {} : { xRayTraceId: /^Root=1-/ }),
  });
const pythonContext = (version: string): WireAnswer =>
  answer({
    invoked_function_arn: `${ARN}python-context`,
    function_version: version,
    function_name: 'python-context',
    memory_limit_in_mb: '128',
    log_group_name: '/aws/lambda/python-context',
  });

/** The end of a log, as text, with the line of `console.log` as it is there. */
const log = (version: string, line: string, init: string): WireAnswer => {
  const ms = String.raw`\d+(?:\.\d+)? ms`;
  const start = String.raw`START RequestId: (${ID}) Version: ${version}\n${line}\nEND RequestId: \1\n`;
  const times = String.raw`Duration: ${ms}\tBilled Duration: \d+ ms\t`;
  const memory = String.raw`Memory Size: 128 MB\tMax Memory Used: \d+ MB\t${init.replace('MS', ms)}`;
  return {
    ...{ status: 200, body: {} },
    headers: { 'x-amz-log-result-text': new RegExp(String.raw`^${start}REPORT RequestId: \1\t${times}${memory}\n$`) },
  };
};
const numbered = 'the live version has its number';

/** What functions that run answer. */
export const RECORDED_RUNS: readonly RecordedRun[] = [
  { what: 'a first call has fresh variables (Node)', call: 'node-count', aws: answer({ counter: 0 }) },
  { what: 'a second call has those of the first (Node)', call: 'node-count', aws: answer({ counter: 1 }) },
  { what: 'a first call has fresh variables (Python)', call: 'python-counts', aws: answer({ counter: 0 }) },
  { what: 'a second call has those of the first (Python)', call: 'python-counts', aws: answer({ counter: 1 }) },
  { what: 'a function that returns nothing (Node)', call: 'node-nothing', aws: answer(null) },
  { what: 'a function that returns nothing (Python)', call: 'python-nothing', aws: answer(null) },
  {
    what: 'a function that takes too long',
    call: 'node-slow',
    aws: failure({
      errorType: 'Sandbox.Timedout',
      errorMessage: new RegExp(`^RequestId: ${ID} Error: Task timed out after 1\\.00 seconds$`),
    }),
  },
  {
    what: 'an answer of more than 6 MB',
    call: 'node-big',
    aws: failure({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    }),
  },
  {
    what: 'an exception (Node)',
    call: 'node-fail',
    aws: failure({ errorType: 'Error', errorMessage: 'some_error_msg', trace: texts }),
  },
  {
    what: 'an exception (Python)',
    call: 'python-fail',
    aws: failure({
      ...{ errorType: 'Exception', errorMessage: 'some_error_msg', stackTrace: texts },
      requestId: new RegExp(`^${ID}$`),
    }),
  },
  {
    what: 'a process that leaves (Python)',
    call: 'python-leave',
    aws: failure({
      errorType: 'Runtime.ExitError',
      errorMessage: new RegExp(`^RequestId: ${ID} Error: Runtime exited without providing a reason$`),
    }),
  },
  {
    what: 'the context (Node)',
    call: 'node-context',
    headers: { 'x-amz-client-context': Buffer.from(JSON.stringify(CLIENT)).toString('base64') },
    aws: nodeContext('$LATEST'),
    differs: { why: numbered, here: nodeContext('1') },
  },
  {
    what: 'the context (Python)',
    call: 'python-context',
    aws: pythonContext('$LATEST'),
    differs: { why: numbered, here: pythonContext('1') },
  },
  {
    what: 'the log of a first call',
    call: 'node-log',
    headers: { 'x-amz-log-type': 'Tail' },
    aws: log(String.raw`\$LATEST`, String.raw`\d{4}-\S+Z\t\1\tINFO\theard`, String.raw`Init Duration: MS\t`),
    differs: {
      why: 'lines are as they were printed, the live version has its number, and a sandbox may be ready before the first call',
      here: log('1', 'heard', String.raw`(?:Init Duration: MS\t)?`),
    },
  },
];
