import { LATEST, LIMITS, type Arns } from '../../../contract/index.ts';
import type { LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { sendAwsError } from '../../aws/answers.ts';
import { refusal, type Door } from '../../guard.ts';
import { invokeTarget, planInvoke, runInvoke, type InvokeHead, type InvokeRooms } from './invoke.ts';
import { awsWords } from './words.ts';

/** What the ways to invoke use. */
export interface AwsInvokeRooms extends InvokeRooms {
  readonly arns: Arns;
}

/** Serves the ways to invoke of AWS Lambda's API. */
export function awsApi({ door, ...rooms }: AwsInvokeRooms & { readonly door: Door }): WholeBodyApi<InvokeHead> {
  return { ...invokeApi(rooms), authorize: (head) => refusal(door, head, 'invoke') };
}

/** The same without a decision on who may use it. */
export function invokeApi(rooms: AwsInvokeRooms): Omit<WholeBodyApi<InvokeHead>, 'authorize'> {
  const fail = (reply: Reply, error: LamError, asked?: Pick<InvokeHead, 'qualifier'>): void =>
    sendAwsError(reply, error, awsWords(rooms.arns, error, asked?.qualifier ?? LATEST));
  return {
    name: 'aws-lambda',
    reads: 'whole',
    mostBodyBytes: LIMITS.payloadBytes,
    match({ method, path, query, headers }) {
      const target = method === 'POST' ? invokeTarget(path) : undefined;
      return target === undefined ? undefined : planInvoke(target, query, headers);
    },
    serve: ({ plan, body, reply }) => runInvoke(rooms, plan, { body, reply, fail }),
    fail,
  };
}
