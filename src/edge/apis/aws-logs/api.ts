import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { encodeErrorHeader, INVOKE, type Arns } from '../../../contract/index.ts';
import { asLamError, lamError, toWire, type LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { ApiRequest, WholeBodyApi } from '../../api.ts';
import { plainFault } from '../../aws/answers.ts';
import { readInput } from '../../aws/input.ts';
import { OwnerGate } from '../../aws/owner-gate.ts';
import { refusal, type Door } from '../../guard.ts';
import { isGone, retryHeaders } from '../../reply.ts';
import { headerValue } from '../../request.ts';
import type { LogsAction } from './call.ts';
import { filterLogEvents, getLogEvents } from './events.ts';
import { describeLogGroups } from './groups.ts';
import { logsModel } from './model/model.ts';
import { describeLogStreams } from './streams.ts';

const TARGET = 'Logs_20140328.';
const CONTENT_TYPE = 'application/x-amz-json-1.1';

/** Longest body; what the operations take is far shorter (bytes). */
const MOST_BODY = 1024 * 1024;

/** Operations that are served. */
const ACTIONS: Readonly<Record<string, LogsAction>> = {
  DescribeLogGroups: describeLogGroups,
  DescribeLogStreams: describeLogStreams,
  FilterLogEvents: filterLogEvents,
  GetLogEvents: getLogEvents,
};

/** AWS's names of errors where this service has others than AWS Lambda. */
const NAMES: Readonly<Record<string, string>> = {
  ValidationException: 'InvalidParameterException',
  InvalidParameterValueException: 'InvalidParameterException',
  ServiceException: 'ServiceUnavailableException',
};

interface LogsParts {
  readonly arns: Arns;
  readonly operations: Operations;
  readonly door: Door;
  /** Whether a connection comes from a program of the daemon's own user, or of root. */
  readonly isOwner: (socket: Socket) => Promise<boolean>;
}

interface LogsPlan {
  readonly operation: string;
}

/** Serves the reading side of CloudWatch Logs: requests to `/` that name one of its operations in `X-Amz-Target`. */
export function awsLogsApi({ arns, operations, door, isOwner }: LogsParts): WholeBodyApi<LogsPlan> {
  const gate = new OwnerGate(door, isOwner);
  return {
    name: 'aws-logs',
    reads: 'whole',
    mostBodyBytes: MOST_BODY,
    match({ method, path, headers }) {
      const target = method === 'POST' && path === '/' ? headerValue(headers, 'x-amz-target') : undefined;
      if (target?.startsWith(TARGET) !== true) return undefined;
      const operation = target.slice(TARGET.length);
      const isServed = Object.hasOwn(ACTIONS, operation);
      return isServed ? { operation } : lamError('LAM_AWS_UNSUPPORTED', { operation, service: "CloudWatch Logs'" });
    },
    authorize: (head) => refusal(door, head, 'invoke'),
    serve(request) {
      const done = serve({ arns, operations }, gate, request);
      done.catch((thrown: unknown) => fail(request.reply, asLamError(thrown)));
    },
    fail,
  };
}

async function serve(
  scope: Pick<LogsParts, 'arns' | 'operations'>,
  gate: OwnerGate,
  { head, plan: { operation }, body, reply }: ApiRequest<LogsPlan, Uint8Array>,
): Promise<void> {
  await gate.check(head.socket);
  const model = logsModel();
  const [, , , shape = ''] = model.operations[operation] ?? [];
  const input = readInput(model, shape, { parts: {}, query: '', headers: {}, body });
  send(reply, 200, await ACTIONS[operation]?.({ ...scope, input }));
}

function send(reply: Reply, status: number, body: unknown, headers: readonly string[] = []): void {
  const all = ['content-type', CONTENT_TYPE, 'x-amzn-RequestId', randomUUID(), ...headers];
  reply.send(status, all, Buffer.from(JSON.stringify(body)));
}

function fail(reply: Reply, error: LamError): void {
  if (isGone(error)) {
    reply.abandon();
    return;
  }
  const { name, status } = plainFault(error, NAMES);
  send(reply, status, { __type: name, message: error.message }, [
    ...[INVOKE.lamError, encodeErrorHeader(toWire(error))],
    ...retryHeaders(error),
  ]);
}
