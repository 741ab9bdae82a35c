import { LATEST, LIMITS, type Arns } from '../../../contract/index.ts';
import { rightsRefusal } from '../../../operations/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { sendAwsError } from '../../aws/answers.ts';
import { deniedMessage } from '../../aws/denied.ts';
import type { AwsGate } from '../../aws/gate.ts';
import type { AskedFor } from '../../callers.ts';
import { invokeTarget, planInvoke, runInvoke, type InvokeBody, type InvokeHead, type InvokeRooms } from './invoke.ts';
import { awsWords } from './words.ts';

/** What the ways to invoke use. */
export interface AwsInvokeRooms extends InvokeRooms {
  readonly arns: Arns;
}

interface AwsApiParts extends AwsInvokeRooms {
  readonly gate: AwsGate;
}

/** Serves the ways to invoke of AWS Lambda's API. */
export function awsApi({ gate, ...rooms }: AwsApiParts): WholeBodyApi<InvokeHead> {
  const api = invokeApi(rooms);
  const askedOf = ({ name }: InvokeHead): AskedFor => ({ operation: ACTION, function: name });
  const fail: InvokeBody['fail'] = (reply, error, asked) => {
    const message = deniedMessage(rooms.arns, 'lambda', ACTION, error);
    const words = message === undefined ? awsWords(rooms.arns, error, asked?.qualifier ?? LATEST) : { message };
    sendAwsError(reply, error, words);
  };
  return {
    ...api,
    authorize: (head) => gate.authorize(head),
    asked: askedOf,
    serve({ head, plan, body, reply }) {
      const admitted = gate.admit(head, body, askedOf(plan));
      const demand = { operation: 'Invoke', scopes: INVOKE_SCOPES, functionName: plan.name };
      const refused = rightsRefusal(admitted.caller, demand);
      if (refused !== undefined) throw gate.refused(head, refused, askedOf(plan));
      runInvoke(rooms, plan, { body: admitted.body, reply, fail });
    },
    fail,
  };
}

/** AWS's name of the right to invoke. */
const ACTION = 'InvokeFunction';
const INVOKE_SCOPES = ['invoke'] as const;

/** The same without a decision on who may use it. */
export function invokeApi(rooms: AwsInvokeRooms): Omit<WholeBodyApi<InvokeHead>, 'authorize'> {
  const fail: InvokeBody['fail'] = (reply, error, asked) =>
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
