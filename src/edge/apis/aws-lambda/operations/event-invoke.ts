import { isDeepStrictEqual } from 'node:util';
import {
  DEFAULT_CONFIG,
  LATEST,
  type Arns,
  type ConfigInput,
  type DestinationSetting,
  type FunctionName,
} from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { isLatest, namedFunction, type NamedFunction } from '../arns.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { numberIn, objectIn } from '../../../aws/members.ts';
import { AUTHOR, changeFacts, functionFacts } from '../facts.ts';
import { detailOf, namedIn, seenVersion, unlessMissing } from '../lookups.ts';
import { pageOf } from '../pages.ts';

/** Where a configuration is kept among the facts of a function. */
const KIND = 'event-invoke';

/** Settings of a function that has no such configuration. */
const DEFAULTS = {
  maximumRetryAttempts: DEFAULT_CONFIG.maximumRetryAttempts,
  maximumEventAgeMs: DEFAULT_CONFIG.maximumEventAgeMs,
  onSuccess: null,
  onFailure: null,
} satisfies ConfigInput;

/** What was given of a configuration, and when. */
interface Given {
  readonly MaximumRetryAttempts?: number;
  readonly MaximumEventAgeInSeconds?: number;
  readonly DestinationConfig?: Destinations;
  /** Seconds since the epoch. */
  readonly LastModified?: number;
}

interface Destinations {
  readonly OnSuccess?: Destination;
  readonly OnFailure?: Destination;
}

interface Destination {
  readonly Destination?: string;
}

/** Settings of asynchronous invocations, which lam has of a function as a whole. */
export const EVENT_INVOKE_ACTIONS: AwsActions = {
  PutFunctionEventInvokeConfig: (call) => set(call, () => ({}), DEFAULTS),
  UpdateFunctionEventInvokeConfig: (call) => set(call, () => given(call), {}),
  GetFunctionEventInvokeConfig: (call) => shown(call.arns, namedIn(call).name, given(call)),
  DeleteFunctionEventInvokeConfig: remove,
  ListFunctionEventInvokeConfigs: (call) => {
    const { name } = existing(call, { ...namedIn(call), qualifier: undefined });
    const kept = keptOf(call, name);
    const { items, next } = pageOf(call, kept === undefined ? [] : [kept], () => LATEST);
    return { FunctionEventInvokeConfigs: items.map((each) => shown(call.arns, name, each)), ...next };
  },
};

/** @param others settings for what the request does not have; without one it stays as it is */
async function set(call: AwsCall, before: () => Given, others: ConfigInput): Promise<unknown> {
  const named = namedIn(call);
  const retries = numberIn(call.input, 'MaximumRetryAttempts');
  const age = numberIn(call.input, 'MaximumEventAgeInSeconds');
  const destinations = objectIn(call.input, 'DestinationConfig') as Destinations | undefined;
  if (retries === undefined && age === undefined && destinations === undefined)
    throw refused('You must specify at least one of error handling or destination setting.');
  const { name } = existing(call, named);
  const basis = before();
  wholeFunction(named);
  checkDestinations(call, destinations);
  const next: Given = {
    ...basis,
    ...(retries === undefined ? {} : { MaximumRetryAttempts: retries }),
    ...(age === undefined ? {} : { MaximumEventAgeInSeconds: age }),
    ...(destinations === undefined ? {} : { DestinationConfig: destinations }),
    LastModified: Date.now() / 1000,
  };
  await apply(call, name, {
    ...others,
    ...(retries === undefined ? {} : { maximumRetryAttempts: retries }),
    ...(age === undefined ? {} : { maximumEventAgeMs: age * 1000 }),
    ...(destinations === undefined
      ? {}
      : {
          onSuccess: destinationOf(call.arns, name, destinations.OnSuccess?.Destination),
          onFailure: destinationOf(call.arns, name, destinations.OnFailure?.Destination),
        }),
  });
  await keep(call, name, next);
  return shown(call.arns, name, next);
}

async function remove(call: AwsCall): Promise<undefined> {
  const { name } = namedIn(call);
  given(call);
  await apply(call, name, DEFAULTS);
  await keep(call, name, undefined);
  return undefined;
}

/** Makes the live version one with these settings. */
async function apply({ operations }: AwsCall, name: FunctionName, config: ConfigInput): Promise<void> {
  await operations.versions.amend(name, { config, by: AUTHOR, verify: false });
}

function destinationOf(arns: Arns, name: FunctionName, arn: string | undefined): DestinationSetting | null {
  if (arn === undefined || arn === '') return null;
  if (arn.startsWith('arn:aws:sqs:')) return { type: 'sqs', queue: arn };
  if (!arn.includes(':lambda:')) throw refused(`lam sends records to functions and to queues of SQS, not to ${arn}`);
  const { name: other, qualifier } = namedFunction(arns, arn);
  if (!isLatest(qualifier))
    throw refused(`lam sends records to the live version: leave out the qualifier '${qualifier}'`);
  if (other === name) throw refused("You can't specify the function as a destination for itself.");
  return { type: 'function', function: other };
}

/** Throws in AWS's words unless there is such a function, version or alias. */
function existing(call: AwsCall, named: NamedFunction): NamedFunction {
  if (unlessMissing(() => seenVersion(call, named)) === undefined)
    throw lamError('LAM_AWS_NOT_FOUND', { message: "The function doesn't exist." });
  return named;
}

/** What a request says of one version or alias would count for all, so it is refused. */
function wholeFunction({ qualifier }: NamedFunction): void {
  if (!isLatest(qualifier))
    throw refused(`lam has one such configuration for all versions: leave out the qualifier '${qualifier}'`);
}

/** Services of AWS that take records; lam sends to the first two. */
const TAKERS = new Set(['lambda', 'sqs', 'sns', 'events', 's3', 'kafka']);

/** Throws in AWS's words for destinations that AWS does not have either. */
function checkDestinations({ arns, operations }: AwsCall, destinations: Destinations | undefined): void {
  const { OnSuccess: success, OnFailure: failure } = destinations ?? {};
  for (const { Destination: arn = '' } of [success ?? {}, failure ?? {}]) {
    const service = arn.split(':')[2];
    if (arn.startsWith('arn:') && !TAKERS.has(service ?? ''))
      throw refused(`The provided destination config ${asJava(success, failure)} is invalid.`);
    if (service !== 'lambda') continue;
    const { name } = namedFunction(arns, arn);
    if (!operations.functions.names().includes(name)) throw refused(`The destination ARN ${arn} is invalid.`);
  }
}

/** As AWS's message has it. */
function asJava(success: Destination | undefined, failure: Destination | undefined): string {
  const part = (name: string, given: Destination | undefined): string =>
    given === undefined ? 'null' : `${name}(destination=${given.Destination ?? 'null'})`;
  return `DestinationConfig(onSuccess=${part('OnSuccess', success)}, onFailure=${part('OnFailure', failure)})`;
}

/** The configuration with the live version's settings, which a deploy may have changed since. */
function keptOf(call: AwsCall, name: FunctionName): Given | undefined {
  const { arns } = call;
  const { config, ...detail } = detailOf(call, name);
  const kept: Given | undefined = functionFacts(detail).kept?.[KIND]?.[LATEST];
  if (kept === undefined) return undefined;
  const { maximumRetryAttempts: retries, maximumEventAgeMs: age, onSuccess, onFailure } = config;
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig: to, ...rest } = kept;
  const isRetriesShown = MaximumRetryAttempts !== undefined || retries !== DEFAULTS.maximumRetryAttempts;
  const isAgeShown = MaximumEventAgeInSeconds !== undefined || age !== DEFAULTS.maximumEventAgeMs;
  return {
    ...rest,
    ...(isRetriesShown ? { MaximumRetryAttempts: retries } : {}),
    ...(isAgeShown ? { MaximumEventAgeInSeconds: Math.ceil(age / 1000) } : {}),
    DestinationConfig: {
      OnSuccess: shownDestination({ arns, name }, onSuccess, to?.OnSuccess),
      OnFailure: shownDestination({ arns, name }, onFailure, to?.OnFailure),
    },
  };
}

interface NamedAt {
  readonly arns: Arns;
  readonly name: FunctionName;
}

/** A destination as it was given if it still is that one, else its ARN; nothing of one that AWS does not have. */
function shownDestination(
  { arns, name }: NamedAt,
  live: DestinationSetting | null,
  given: Destination = {},
): Destination {
  if (isDeepStrictEqual(live, destinationOf(arns, name, given.Destination))) return given;
  if (live === null || typeof live === 'string') return {};
  const { type, function: other, queue } = live as Readonly<Record<string, unknown>>;
  if (type === 'function') return { Destination: arns.function(String(other)) };
  return type === 'sqs' && String(queue).startsWith('arn:') ? { Destination: String(queue) } : {};
}

/** The configuration of the function that a request names; one of a version or alias there is never. */
function given(call: AwsCall): Given {
  const { name, qualifier = LATEST } = namedIn(call);
  const kept = isLatest(qualifier) ? unlessMissing(() => keptOf(call, name)) : undefined;
  if (kept === undefined)
    throw lamError('LAM_AWS_NOT_FOUND', {
      message: `The function ${call.arns.function(name, qualifier)} doesn't have an EventInvokeConfig`,
    });
  return kept;
}

async function keep({ operations }: AwsCall, name: FunctionName, next: Given | undefined): Promise<void> {
  await changeFacts(operations, name, (facts) => ({
    ...facts,
    kept: { ...facts.kept, [KIND]: next === undefined ? {} : { [LATEST]: { ...next } } },
  }));
}

function shown(
  arns: Arns,
  name: FunctionName,
  { LastModified: modified, DestinationConfig: to, ...rest }: Given,
): unknown {
  return {
    LastModified: modified,
    FunctionArn: arns.function(name, LATEST),
    ...rest,
    DestinationConfig: { OnSuccess: {}, OnFailure: {}, ...to },
  };
}

function refused(message: string): Error {
  return lamError('LAM_AWS_PARAMETER', { message });
}
