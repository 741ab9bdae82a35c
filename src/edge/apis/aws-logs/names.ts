import {
  isFunctionName,
  knownSandboxId,
  knownVersion,
  type Arns,
  type FunctionName,
  type LogRecord,
} from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { LogsCall } from './call.ts';
import { textIn } from '../../aws/members.ts';

const GROUP_PREFIX = '/aws/lambda/';
const STREAM = /^(\d{4})\/(\d\d)\/(\d\d)\/\[(\d{1,9})\](.+)$/;

/** Name of the log group of a function. */
export function groupOf(name: FunctionName): string {
  return `${GROUP_PREFIX}${name}`;
}

/** The function whose group a request names, by name or ARN. Throws `LAM_AWS_PARAMETER`, `LAM_AWS_NOT_FOUND`. */
export function functionOf({ arns, operations, input }: LogsCall): FunctionName {
  const [name, identifier] = [textIn(input, 'logGroupName'), textIn(input, 'logGroupIdentifier')];
  if ((name === undefined) === (identifier === undefined))
    throw lamError('LAM_AWS_PARAMETER', { message: 'Specify either logGroupName or logGroupIdentifier, not both' });
  const group = name ?? groupNamed(arns, identifier ?? '');
  const functionName = group.startsWith(GROUP_PREFIX) ? group.slice(GROUP_PREFIX.length) : '';
  const isThere = isFunctionName(functionName) && operations.functions.names().includes(functionName);
  if (!isThere) throw lamError('LAM_AWS_NOT_FOUND', { message: 'The specified log group does not exist.' });
  return functionName;
}

/** The name of a group in a text that may be its ARN; what has another form is taken for a name. */
export function groupNamed(arns: Arns, identifier: string): string {
  const prefix = arns.logGroup('');
  return identifier.startsWith(prefix) ? identifier.slice(prefix.length).replace(/:\*$/, '') : identifier;
}

/** Where a record stands: the sandbox that printed it, and the day (UTC). */
export type StreamParts = Pick<LogRecord, 'version' | 'sandbox' | 'time'>;

/** Name of the log stream of a record: `2026/01/31/[VERSION]SANDBOX`. A sandbox has one for each day (UTC). */
export function streamOf({ version, sandbox, time }: StreamParts): string {
  return `${new Date(time).toISOString().slice(0, 10).replaceAll('-', '/')}/[${version}]${sandbox}`;
}

/**
 * What a stream's name stands for: what a sandbox printed from that day on, so that the name that a function has in its
 * context leads to all of it. `time` is the beginning of the day (ms since the epoch). Undefined for names of no stream.
 */
export function streamNamed(name: string): StreamParts | undefined {
  const [, year, month, day, version, sandbox = ''] = STREAM.exec(name) ?? [];
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return Number.isNaN(time)
    ? undefined
    : { time, version: knownVersion(Number(version)), sandbox: knownSandboxId(sandbox) };
}

/** The error for a stream that nothing was printed to. */
export function streamMissing(): Error {
  return lamError('LAM_AWS_NOT_FOUND', { message: 'The specified log stream does not exist.' });
}
