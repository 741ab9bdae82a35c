import type { FunctionDetail, TriggerDetail } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import type { AwsCall } from '../call.ts';
import { revisionId } from '../configuration.ts';
import { functionFacts, type MappingFacts } from '../facts.ts';
import { MAPPING_SOURCES } from './list.ts';
import type { MappedTrigger, MappingSource } from './source.ts';

/** An event source mapping: a trigger, also one that lam made, and what AWS has of it besides. */
export interface Mapping {
  readonly uuid: string;
  readonly source: MappingSource;
  readonly detail: FunctionDetail;
  readonly trigger: TriggerDetail;
  readonly facts: MappingFacts | undefined;
}

/** What an answer says of the state where the trigger does not: a change that was just made. */
export type MappingChange = 'Creating' | 'Updating' | 'Enabling' | 'Disabling' | 'Deleting';

/** All mappings, by UUID. */
export async function allMappings({ operations }: Pick<AwsCall, 'operations'>): Promise<readonly Mapping[]> {
  const lists = await Promise.all(
    MAPPING_SOURCES.map(async (source) =>
      (await operations.triggers.list(source.type)).map((trigger) => ({ source, trigger })),
    ),
  );
  const names = new Set(operations.functions.names());
  return (
    lists
      .flat()
      // A function that was deleted since is not there, although its triggers may still stop.
      .filter(({ trigger }) => names.has(trigger.functionName))
      .map(({ source, trigger }) => mappingOf(source, operations.functions.detail(trigger.functionName), trigger))
      .toSorted((a, b) => (a.uuid < b.uuid ? -1 : 1))
  );
}

function mappingOf(source: MappingSource, detail: FunctionDetail, trigger: TriggerDetail): Mapping {
  const { type, name } = trigger;
  const known = Object.entries(functionFacts(detail).mappings ?? {}).find(
    ([, facts]) => facts.trigger === `${type}:${name}`,
  );
  const uuid = known?.[0] ?? revisionId(detail.name, detail.createdAt, type, name);
  return { uuid, source, detail, trigger, facts: known?.[1] };
}

/** The mapping that a request names. Throws `LAM_AWS_NOT_FOUND`. */
export async function mappingIn(call: AwsCall): Promise<Mapping> {
  const wanted = call.input['UUID'];
  const found = (await allMappings(call)).find(({ uuid }) => uuid === wanted);
  if (found === undefined)
    throw lamError('LAM_AWS_NOT_FOUND', { message: 'The resource you requested does not exist.' });
  return found;
}

/** AWS's `EventSourceMappingConfiguration`. */
export function mappingShown(
  { arns }: AwsCall,
  { uuid, source, detail, trigger, facts }: Mapping,
  change?: MappingChange,
): Record<string, unknown> {
  const { batchSize, batchWindow, filters = [], itemFailures } = trigger.config as MappedTrigger;
  const isGiven = facts?.shown ?? {};
  return {
    UUID: uuid,
    ...source.shown(arns, trigger.config),
    ...isGiven,
    EventSourceMappingArn: arns.lambda(`event-source-mapping:${uuid}`),
    FunctionArn: arns.function(detail.name),
    BatchSize: batchSize ?? LAM_BATCH,
    MaximumBatchingWindowInSeconds: batchWindow ?? 0,
    ...(filters.length === 0 ? {} : { FilterCriteria: { Filters: filters.map((Pattern) => ({ Pattern })) } }),
    FunctionResponseTypes: itemFailures === false ? [] : ['ReportBatchItemFailures'],
    LastModified: facts?.modified ?? detail.updatedAt / 1000,
    ...resultOf(source, trigger),
    State: change ?? STATES[trigger.state],
    StateTransitionReason: 'USER_INITIATED',
  };
}

/** Batch size of triggers that do not say. */
const LAM_BATCH = 10;

/** A trigger that tries to connect again is on: AWS says what is wrong in the last result. */
const STATES: Readonly<Record<TriggerDetail['state'], string>> = {
  starting: 'Creating',
  running: 'Enabled',
  retrying: 'Enabled',
  paused: 'Disabled',
};

function resultOf({ type }: MappingSource, { state, cause, counts }: TriggerDetail): object {
  if (state === 'retrying') return { LastProcessingResult: `PROBLEM: ${cause}` };
  if (type === 'sqs') return {};
  return { LastProcessingResult: counts !== undefined && counts.succeeded > 0 ? 'OK' : 'No records processed' };
}
