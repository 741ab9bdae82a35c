import { randomUUID } from 'node:crypto';
import { encodeErrorHeader, INVOKE, type Arns } from '../../../contract/index.ts';
import { asLamError, lamError, toWire, type LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { ApiRequest, WholeBodyApi } from '../../api.ts';
import { plainFault } from '../../aws/answers.ts';
import { readInput } from '../../aws/input.ts';
import { deniedMessage } from '../../aws/denied.ts';
import type { AwsGate } from '../../aws/gate.ts';
import type { ApiCallers } from '../../callers.ts';
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
  readonly callers: ApiCallers;
  readonly gate: AwsGate;
}

interface LogsPlan {
  readonly operation: string;
}

/** Serves the reading side of CloudWatch Logs: requests to `/` that name one of its operations in `X-Amz-Target`. */
export function awsLogsApi(parts: LogsParts): WholeBodyApi<LogsPlan> {
  const fail = failureOf(parts.arns);
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
    authorize: (head) => parts.gate.authorize(head),
    asked: ({ operation }) => ({ operation }),
    serve(request) {
      const { reply, plan } = request;
      serve(parts, request).catch((thrown: unknown) => fail(reply, asLamError(thrown), plan));
    },
    fail,
  };
}

async function serve(
  { arns, callers, gate }: LogsParts,
  { head, plan: { operation }, body: sent, reply }: ApiRequest<LogsPlan, Uint8Array>,
): Promise<void> {
  await gate.checkOwner(head, { operation });
  const { caller, body } = gate.admit(head, sent, { operation });
  const operations = callers.operationsFor(caller);
  const model = logsModel();
  const [, , , shape = ''] = model.operations[operation] ?? [];
  const input = readInput(model, shape, { parts: {}, query: '', headers: {}, body });
  send(reply, 200, await ACTIONS[operation]?.({ arns, operations, input }));
}

function send(reply: Reply, status: number, body: unknown, headers: readonly string[] = []): void {
  const all = ['content-type', CONTENT_TYPE, 'x-amzn-RequestId', randomUUID(), ...headers];
  reply.send(status, all, Buffer.from(JSON.stringify(body)));
}

function failureOf(arns: Arns): (reply: Reply, error: LamError, plan?: LogsPlan) => void {
  return (reply, error, plan) => {
    if (isGone(error)) {
      reply.abandon();
      return;
    }
    const { name, status } = plainFault(error, NAMES);
    const message = deniedMessage(arns, 'logs', plan?.operation ?? '', error) ?? error.message;
    send(reply, isOfCredentials(error) ? 400 : status, { __type: name, message }, [
      ...[INVOKE.lamError, encodeErrorHeader(toWire(error))],
      ...retryHeaders(error),
    ]);
  };
}

/** AWS's services with this protocol answer faults of credentials and rights with 400. */
function isOfCredentials({ code }: LamError): boolean {
  return code.startsWith('LAM_ACCESS_') || code === 'LAM_OPERATIONS_NOT_ALLOWED';
}
