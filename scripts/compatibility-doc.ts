import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { servedModel } from '../src/edge/apis/aws-lambda/model/model.ts';
import type { RecordedBehaviour } from '../test/api/aws-recorded/behaviour.ts';
import { RECORDED } from '../test/api/aws-recorded/list.ts';
import { RECORDED_RUNS } from '../test/api/aws-recorded/runs.ts';
import { ACTIONS } from '../src/edge/apis/aws-lambda/operations/list.ts';
import { otherApisTable } from './other-apis-table.ts';

const OTHERS_BEGIN =
  '<!-- Written by `npm run compatibility`; each operation that is served is in a test of its API. -->';
const OTHERS_END = '<!-- End of the other APIs. -->';
const BEGIN =
  "<!-- Written by `npm run compatibility`; each operation that is served is in a test with AWS's own client. -->";
const END = '<!-- End of the operations. -->';
const RECORDED_BEGIN = '<!-- Written by `npm run compatibility` from the table of the test. -->';
const RECORDED_END = '<!-- End of the recorded answers. -->';

/** Served by a path of their own: src/edge/apis/aws-lambda/invoke.ts. */
const INVOKE = ['Invoke', 'InvokeWithResponseStream'];

/** How operations differ from AWS's. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  AddPermission: 'kept and returned; lam asks no policy before it invokes',
  CreateAlias: 'not to `$LATEST`',
  AddLayerVersionPermission: 'kept and returned',
  CreateCodeSigningConfig: 'kept and returned; lam verifies no signatures of code',
  CreateEventSourceMapping:
    'queues of SQS and RabbitMQ at endpoints that the daemon was told (above), self-managed Kafka without secrets; of the live version; makes a new version, and goes with its function; others are refused',
  CreateFunction:
    'code from `ZipFile`, or from S3 at an endpoint that the daemon was told (above), or `ImageUri`, an image that the Docker engine has or pulls; role, tracing, VPC, dead letters, file systems and KMS keys are kept and returned, and change nothing; runtimes must be on this machine',
  CreateFunctionUrlConfig:
    'the URL at which lam serves the function anyway; `AuthType` AWS_IAM wants signatures by a key with the scope `invoke`, whatever policies say, and also at URLs of versions and aliases that have no configuration of their own',
  DeleteFunctionUrlConfig:
    'the function stays reachable at the URL: after `AuthType` AWS_IAM by signatures alone, until a configuration with NONE',
  GetAccountSettings: "AWS's usual limits, and sums of what is here",
  GetFunction: '`Location` is a URL of lam, valid for ten minutes and as long as the daemon runs',
  GetFunctionRecursionConfig: 'always `Terminate`',
  GetLayerVersion:
    '`Location` is a zip of the files, not the one that was uploaded; without runtimes and architectures',
  GetPolicy: 'as it was added',
  GetRuntimeManagementConfig: 'as it was put; lam changes no runtime by itself',
  Invoke: '`X-Amz-Executed-Version` says `$LATEST` for the live version, `x-lam-version` its number',
  ListFunctions: 'by name; `MasterRegion` is ignored',
  ListLayers: 'without filters',
  ListLayerVersions: 'without filters',
  PublishLayerVersion: 'the same files as those of the newest version make no new one',
  PublishVersion: 'numbers may be left out (above)',
  PutFunctionEventInvokeConfig:
    'of the function as a whole; destinations are functions (without a qualifier) and queues of SQS; makes a new version',
  PutFunctionRecursionConfig: 'only `Terminate`',
  PutRuntimeManagementConfig: 'kept and returned',
  UpdateEventSourceMapping: 'not to another function',
  UpdateFunctionCode: 'code from `ZipFile` or S3, as CreateFunction',
  UpdateFunctionConfiguration: 'as CreateFunction',
  UpdateFunctionUrlConfig: 'as CreateFunctionUrlConfig',
};

const root = resolve(import.meta.dirname, '..');

/** A row for each operation of AWS's model. Throws if one that is served is in no test. */
function operationTable(): string {
  const folder = join(root, 'test/api');
  const tests = readdirSync(folder)
    .filter((file) => file.startsWith('aws-') && file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  const names = Object.keys(servedModel().model.operations).toSorted();
  const isServed = (name: string): boolean => name in ACTIONS || INVOKE.includes(name);
  const untested = names.filter((name) => isServed(name) && !tests.includes(`new ${name}Command(`));
  if (untested.length > 0) throw new TypeError(`no test with AWS's client: ${untested.join(', ')}`);
  const rows = names.map((name) => {
    const differs = DIFFERENCES[name];
    return `| ${name} | ${isServed(name) ? (differs === undefined ? 'yes' : 'yes, but') : 'no'} | ${differs ?? ''} |`;
  });
  const served = names.filter(isServed).length;
  return [
    `${served} of ${names.length} are served. Others are answered 404 \`UnknownOperationException\` with their name.`,
    '',
    '| operation | served | how it differs |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** How many of the recorded answers lam gives, by what they are about, and those that it does not. */
function recordedTable(): string {
  type Row = Pick<RecordedBehaviour, 'what' | 'differs'>;
  const all: readonly { about: string; rows: readonly Row[] }[] = [
    ...RECORDED,
    { about: 'functions that run', rows: RECORDED_RUNS },
  ];
  const rows = all.flatMap((group) => group.rows);
  const others = rows.filter(({ differs }) => differs !== undefined);
  const groups = all.map(({ about, rows: each }) => {
    const held = each.filter(({ differs }) => differs === undefined).length;
    return `| ${about.replace(/:$/, '')} | ${each.length} | ${held} |`;
  });
  return [
    `${rows.length} recorded answers are asked for; ${rows.length - others.length} are lam's answers too, and ${others.length} differ.`,
    '',
    '| about | recorded | the same |',
    '| --- | --- | --- |',
    ...groups,
    '',
    '| differs | why |',
    '| --- | --- |',
    ...others.map(({ what, differs }) => `| ${what} | ${differs?.why ?? ''} |`),
  ].join('\n');
}

/** The text with a fresh part between two marks. Throws if it has no place for one. */
function withPart(text: string, [begin, end]: readonly [string, string], part: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new TypeError(`docs/compatibility.md has no place for a table: ${begin}`);
  return `${text.slice(0, from)}${begin}\n\n${part}\n\n${text.slice(to)}`;
}

/** docs/compatibility.md with fresh tables. */
function compatibilityDocument(text: string): string {
  const withOperations = withPart(text, [BEGIN, END], operationTable());
  const withRecorded = withPart(withOperations, [RECORDED_BEGIN, RECORDED_END], recordedTable());
  return withPart(withRecorded, [OTHERS_BEGIN, OTHERS_END], otherApisTable(root));
}

const file = join(root, 'docs/compatibility.md');
const text = readFileSync(file, 'utf8');
const fresh = compatibilityDocument(text);
if (!process.argv.includes('--check')) writeFileSync(file, fresh);
else if (fresh !== text) {
  console.error('docs/compatibility.md is stale: run npm run compatibility');
  process.exitCode = 1;
}
