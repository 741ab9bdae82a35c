import { LATEST, LIMITS } from '../../../contract/index.ts';
import type { LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { sendAwsError } from '../../aws/answers.ts';
import { refusal, type Door } from '../../guard.ts';
import { invokeTarget, planInvoke, runInvoke, type InvokeHead, type InvokeRooms } from './invoke.ts';
import { awsWords } from './words.ts';

/** Serves the ways to invoke of AWS Lambda's API. */
export function awsApi({ door, ...rooms }: InvokeRooms & { readonly door: Door }): WholeBodyApi<InvokeHead> {
  return { ...invokeApi(rooms), authorize: (head) => refusal(door, head, 'invoke') };
}

/** The same without a decision on who may use it. */
export function invokeApi(rooms: InvokeRooms): Omit<WholeBodyApi<InvokeHead>, 'authorize'> {
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

function fail(reply: Reply, error: LamError): void {
  sendAwsError(reply, error, awsWords(error, LATEST));
}
