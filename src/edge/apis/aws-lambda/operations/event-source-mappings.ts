import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { FunctionName, TriggerConfig } from '../../../../contract/index.ts';
import { isLamError, lamError } from '../../../../errors/index.ts';
import { Lines } from '../../../../kit/index.ts';
import { objectIn, textIn } from '../../../aws/members.ts';
import { isLatest, namedFunction } from '../arns.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { AUTHOR, changeFacts, type FunctionFacts, type MappingFacts } from '../facts.ts';
import { detailOf, unlessMissing } from '../lookups.ts';
import { MAPPING_SOURCES } from '../mappings/list.ts';
import { allMappings, mappingIn, mappingShown, type MappingChange } from '../mappings/mapping.ts';
import { mappedTrigger, refused, type MappedTrigger } from '../mappings/source.ts';
import { pageOf } from '../pages.ts';
import { checkedTags } from './tags.ts';

/** Changes of mappings, one at a time, so that each sees what those before it have led to. */
const changes = new Lines();

/** Members that answers repeat as they were given. */
const REPEATED = ['SourceAccessConfigurations', 'EventSourceArn'];

/** Event source mappings, which are triggers of the function. */
export const MAPPING_ACTIONS: AwsActions = {
  CreateEventSourceMapping: (call) => changes.run('', () => create(call)),
  GetEventSourceMapping: async (call) => mappingShown(call, await mappingIn(call)),
  ListEventSourceMappings: list,
  UpdateEventSourceMapping: (call) => changes.run('', () => update(call)),
  DeleteEventSourceMapping: (call) => changes.run('', () => remove(call)),
};

async function create(call: AwsCall): Promise<unknown> {
  const { input } = call;
  const source = MAPPING_SOURCES.find((each) => each.claims(input));
  if (source === undefined) throw unknownSource(textIn(input, 'EventSourceArn'));
  const name = functionIn(call);
  if (unlessMissing(() => detailOf(call, name)) === undefined) throw refused('Function does not exist');
  const tags = checkedTags((objectIn(input, 'Tags') ?? {}) as Record<string, string>);
  const uuid = randomUUID();
  const config = mappedTrigger(call, source, { name: (called) => `${called}-${uuid.slice(0, 8)}` });
  await checkNew(call, name, config);
  const identity = { functionName: name, type: source.type, name: config.name ?? '' };
  if (input['Enabled'] === false) await call.operations.triggers.pauseAhead(identity);
  await keep(call, name, uuid, { ...factsOf(call, config), tags });
  try {
    await setTrigger(call, name, config);
  } catch (thrown) {
    await keep(call, name, uuid, undefined);
    throw thrown;
  }
  return mappingShown(call, await mappingIn({ ...call, input: { UUID: uuid } }), 'Creating');
}

async function list(call: AwsCall): Promise<unknown> {
  const arn = textIn(call.input, 'EventSourceArn');
  const name = call.input['FunctionName'] === undefined ? undefined : functionIn(call);
  const all = (await allMappings(call)).filter(({ detail }) => name === undefined || detail.name === name);
  const kept = all.filter((mapping) => arn === undefined || mappingShown(call, mapping)['EventSourceArn'] === arn);
  const { items, next } = pageOf(call, kept, ({ uuid }) => uuid, MOST_MAPPINGS);
  return { EventSourceMappings: items.map((mapping) => mappingShown(call, mapping)), ...next };
}

/** AWS's largest page. */
const MOST_MAPPINGS = 100;

async function update(call: AwsCall): Promise<unknown> {
  const { operations, input } = call;
  const before = await mappingIn(call);
  const { detail, trigger, source, uuid } = before;
  const { name } = detail;
  if (input['FunctionName'] !== undefined && functionIn(call) !== name)
    throw refused(
      `lam keeps a mapping with its function: delete it, and create one for ${textIn(input, 'FunctionName')}`,
    );
  const was = trigger.config as MappedTrigger;
  const config = mappedTrigger(call, source, { name: () => trigger.name, before: was });
  if (!isDeepStrictEqual(config, { ...was, name: trigger.name })) await setTrigger(call, name, config);
  await keep(call, name, uuid, {
    ...before.facts,
    ...factsOf(call, config),
    shown: { ...before.facts?.shown, ...repeated(call) },
  });
  const enabled = input['Enabled'];
  if (typeof enabled === 'boolean')
    await operations.triggers.setPaused({ functionName: name, type: source.type, name: trigger.name }, !enabled);
  const change: MappingChange = enabled === undefined ? 'Updating' : enabled === true ? 'Enabling' : 'Disabling';
  return mappingShown(call, await mappingIn(call), change);
}

async function remove(call: AwsCall): Promise<unknown> {
  const mapping = await mappingIn(call);
  const { detail, trigger, uuid } = mapping;
  const gone = { remove: { triggers: [`${trigger.type}:${trigger.name}`] } };
  await patched(call, detail.name, gone);
  await keep(call, detail.name, uuid, undefined);
  return mappingShown(call, mapping, 'Deleting');
}

/** The function that a request names. Its triggers invoke the live version, so no other can be named. */
function functionIn(call: AwsCall): FunctionName {
  const { name, qualifier } = namedFunction(call.arns, textIn(call.input, 'FunctionName') ?? '');
  if (!isLatest(qualifier))
    throw refused(`lam gives events to the live version: leave out the qualifier '${qualifier}'`);
  return name;
}

function unknownSource(arn: string | undefined): Error {
  if (arn === undefined) return refused('Unrecognized event source.');
  return refused(`lam has no event source for ${arn}: it reads queues of SQS and RabbitMQ, and self-managed Kafka`);
}

/** Throws `LAM_AWS_CONFLICT` if the function has a mapping of the same source. */
async function checkNew(call: AwsCall, name: FunctionName, config: MappedTrigger): Promise<void> {
  const source = sourceOf(config);
  const same = (await allMappings(call)).find(
    ({ detail, trigger }) => detail.name === name && isDeepStrictEqual(sourceOf(trigger.config), source),
  );
  if (same === undefined) return;
  const arn = mappingShown(call, same)['EventSourceArn'];
  const which =
    typeof arn === 'string' ? `${config.type === 'sqs' ? 'SQS' : 'MQ'} arn (" ${arn} ")` : 'the same source';
  throw lamError('LAM_AWS_CONFLICT', {
    message: `An event source mapping with ${which} and function (" ${name} ") already exists. Please update or delete the existing mapping with UUID ${same.uuid}`,
  });
}

/** What tells sources of triggers apart. */
function sourceOf({ type, queue, brokers, topics, group }: TriggerConfig): Record<string, unknown> {
  return { type, queue, brokers, topics, group };
}

async function setTrigger(call: AwsCall, name: FunctionName, config: MappedTrigger): Promise<void> {
  await patched(call, name, { add: { triggers: [config] } });
}

async function patched(
  { operations }: AwsCall,
  name: FunctionName,
  patch: Parameters<AwsCall['operations']['config']['patch']>[1],
): Promise<void> {
  try {
    await operations.config.patch(name, { ...patch, by: AUTHOR, verify: false });
  } catch (thrown) {
    if (!isLamError(thrown) || thrown.code !== 'LAM_OPERATIONS_OVERTAKEN') throw thrown;
    const what = 'The operation cannot be performed at this time. An update of the function is in progress.';
    throw lamError('LAM_AWS_CONFLICT', { message: what }, thrown);
  }
}

function factsOf(call: AwsCall, { type, name }: MappedTrigger): MappingFacts {
  return { trigger: `${type}:${name}`, modified: Date.now() / 1000, shown: repeated(call) };
}

function repeated({ input }: AwsCall): Record<string, unknown> {
  return Object.fromEntries(
    REPEATED.flatMap((member) => (input[member] === undefined ? [] : [[member, input[member]] as const])),
  );
}

async function keep(
  { operations }: AwsCall,
  name: FunctionName,
  uuid: string,
  next: MappingFacts | undefined,
): Promise<void> {
  await changeFacts(operations, name, (facts: FunctionFacts) => {
    const { [uuid]: _before, ...others } = facts.mappings ?? {};
    return { ...facts, mappings: next === undefined ? others : { ...others, [uuid]: next } };
  });
}
