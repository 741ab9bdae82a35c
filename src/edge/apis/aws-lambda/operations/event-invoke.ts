import {
  DEFAULT_CONFIG,
  LATEST,
  type ConfigInput,
  type DestinationSetting,
  type FunctionName,
} from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { functionArn, isLatest, namedFunction } from '../arns.ts';
import { numberOf, objectOf, type AwsActions, type AwsCall } from '../call.ts';
import { AUTHOR, changeFacts, functionFacts } from '../facts.ts';
import { detailOf, namedIn } from '../lookups.ts';
import { pageOf } from '../pages.ts';

/** Where a configuration is kept among the facts of a function. */
const KIND = 'event-invoke';

/** What was given of a configuration, and when. */
interface Given {
  readonly MaximumRetryAttempts?: number;
  readonly MaximumEventAgeInSeconds?: number;
  readonly DestinationConfig?: Destinations;
  /** Seconds since the epoch. */
  readonly LastModified?: number;
}

interface Destinations {
  readonly OnSuccess?: { readonly Destination?: string };
  readonly OnFailure?: { readonly Destination?: string };
}

/** Settings of asynchronous invocations, which lam has of a function as a whole. */
export const EVENT_INVOKE_ACTIONS: AwsActions = {
  PutFunctionEventInvokeConfig: (call) => set(call, () => ({})),
  UpdateFunctionEventInvokeConfig: (call) => set(call, (name) => given(call, name)),
  GetFunctionEventInvokeConfig: (call) => {
    const name = functionIn(call);
    return shown(name, given(call, name));
  },
  DeleteFunctionEventInvokeConfig: remove,
  ListFunctionEventInvokeConfigs: (call) => {
    const { name } = detailOf(call.operations, namedIn(call).name);
    const kept = keptOf(call, name);
    const { items, next } = pageOf(call, kept === undefined ? [] : [kept], () => LATEST);
    return { FunctionEventInvokeConfigs: items.map((each) => shown(name, each)), ...next };
  },
};

async function set(call: AwsCall, before: (name: FunctionName) => Given): Promise<unknown> {
  const name = functionIn(call);
  const retries = numberOf(call, 'MaximumRetryAttempts');
  const age = numberOf(call, 'MaximumEventAgeInSeconds');
  const destinations = objectOf(call, 'DestinationConfig') as Destinations | undefined;
  if (retries === undefined && age === undefined && destinations === undefined)
    throw refused('You must specify at least one of error handling or destination setting.');
  const next: Given = {
    ...before(name),
    ...(retries === undefined ? {} : { MaximumRetryAttempts: retries }),
    ...(age === undefined ? {} : { MaximumEventAgeInSeconds: age }),
    ...(destinations === undefined ? {} : { DestinationConfig: destinations }),
    LastModified: Date.now() / 1000,
  };
  await apply(call, name, next);
  await keep(call, name, next);
  return shown(name, next);
}

async function remove(call: AwsCall): Promise<undefined> {
  const name = functionIn(call);
  given(call, name);
  await apply(call, name, {});
  await keep(call, name, undefined);
  return undefined;
}

/** Makes the live version one with these settings; those that are absent get their defaults. */
async function apply({ operations }: AwsCall, name: FunctionName, next: Given): Promise<void> {
  const { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: age, DestinationConfig: to } = next;
  const config: ConfigInput = {
    maximumRetryAttempts: retries ?? DEFAULT_CONFIG.maximumRetryAttempts,
    maximumEventAgeMs: age === undefined ? DEFAULT_CONFIG.maximumEventAgeMs : age * 1000,
    onSuccess: destinationOf(name, to?.OnSuccess?.Destination),
    onFailure: destinationOf(name, to?.OnFailure?.Destination),
  };
  await operations.versions.amend(name, { config, by: AUTHOR, verify: false });
}

function destinationOf(name: FunctionName, arn: string | undefined): DestinationSetting | null {
  if (arn === undefined || arn === '') return null;
  if (arn.startsWith('arn:aws:sqs:')) return { type: 'sqs', queue: arn };
  if (!arn.includes(':lambda:')) throw refused(`lam sends records to functions and to queues of SQS, not to ${arn}`);
  const { name: other, qualifier } = namedFunction(arn);
  if (!isLatest(qualifier))
    throw refused(`lam sends records to the live version: leave out the qualifier '${qualifier}'`);
  if (other === name) throw refused("You can't specify the function as a destination for itself.");
  return { type: 'function', function: other };
}

/** The function that a request is about. What it says of one version or alias would count for all, so it is refused. */
function functionIn(call: AwsCall): FunctionName {
  const { name, qualifier } = namedIn(call);
  detailOf(call.operations, name);
  if (!isLatest(qualifier))
    throw refused(`lam has one such configuration for all versions: leave out the qualifier '${qualifier}'`);
  return name;
}

function keptOf({ operations }: AwsCall, name: FunctionName): Given | undefined {
  return functionFacts(operations.functions.detail(name)).kept?.[KIND]?.[LATEST];
}

function given(call: AwsCall, name: FunctionName): Given {
  const kept = keptOf(call, name);
  if (kept === undefined)
    throw lamError('LAM_AWS_NOT_FOUND', {
      message: `The function ${functionArn(name, LATEST)} doesn't have an EventInvokeConfig`,
    });
  return kept;
}

async function keep({ operations }: AwsCall, name: FunctionName, next: Given | undefined): Promise<void> {
  await changeFacts(operations, name, (facts) => ({
    ...facts,
    kept: { ...facts.kept, [KIND]: next === undefined ? {} : { [LATEST]: { ...next } } },
  }));
}

function shown(name: FunctionName, { LastModified: modified, DestinationConfig: to, ...rest }: Given): unknown {
  return {
    LastModified: modified,
    FunctionArn: functionArn(name, LATEST),
    ...rest,
    DestinationConfig: { OnSuccess: {}, OnFailure: {}, ...to },
  };
}

function refused(message: string): Error {
  return lamError('LAM_AWS_PARAMETER', { message });
}
