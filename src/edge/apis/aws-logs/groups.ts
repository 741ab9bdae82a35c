import type { Arns } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { LogsCall, LogsInput } from './call.ts';
import { textIn, textsIn } from '../../aws/members.ts';
import { listPage } from './list-page.ts';
import { groupNamed, groupOf } from './names.ts';

/** DescribeLogGroups: a group for each function, by name. */
export async function describeLogGroups({ arns, operations, input }: LogsCall): Promise<unknown> {
  const isAsked = groupChoice(arns, input);
  const sizes = await operations.logs.storedBytes();
  const groups = operations.functions
    .names()
    .map((name) => ({ name, group: groupOf(name) }))
    .filter(({ group }) => isAsked(group));
  const { items, next } = listPage(input, groups, ({ group }) => group);
  const logGroups = items.map(({ name, group }) => ({
    logGroupName: group,
    creationTime: Math.floor(operations.functions.detail(name).createdAt),
    metricFilterCount: 0,
    arn: `${arns.logGroup(group)}:*`,
    logGroupArn: arns.logGroup(group),
    storedBytes: sizes[name] ?? 0,
    logGroupClass: 'STANDARD',
  }));
  return { logGroups, ...next };
}

function groupChoice(arns: Arns, input: LogsInput): (group: string) => boolean {
  const [prefix, part] = [textIn(input, 'logGroupNamePrefix'), textIn(input, 'logGroupNamePattern')];
  if (prefix !== undefined && part !== undefined)
    throw lamError('LAM_AWS_PARAMETER', {
      message: 'logGroupNamePrefix and logGroupNamePattern are mutually exclusive parameters.',
    });
  const named = textsIn(input, 'logGroupIdentifiers')?.map((each) => groupNamed(arns, each));
  const isStandard = (textIn(input, 'logGroupClass') ?? 'STANDARD') === 'STANDARD';
  return (group) =>
    isStandard && group.startsWith(prefix ?? '') && group.includes(part ?? '') && named?.includes(group) !== false;
}
