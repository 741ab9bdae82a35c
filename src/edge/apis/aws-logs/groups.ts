import { lamError } from '../../../errors/index.ts';
import type { LogsCall, LogsInput } from './call.ts';
import { textIn, textsIn } from '../../aws/members.ts';
import { listPage } from './list-page.ts';
import { groupArn, groupNamed, groupOf } from './names.ts';

/** DescribeLogGroups: a group for each function, by name. */
export async function describeLogGroups({ operations, input }: LogsCall): Promise<unknown> {
  const isAsked = groupChoice(input);
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
    arn: `${groupArn(group)}:*`,
    logGroupArn: groupArn(group),
    storedBytes: sizes[name] ?? 0,
    logGroupClass: 'STANDARD',
  }));
  return { logGroups, ...next };
}

function groupChoice(input: LogsInput): (group: string) => boolean {
  const [prefix, part] = [textIn(input, 'logGroupNamePrefix'), textIn(input, 'logGroupNamePattern')];
  if (prefix !== undefined && part !== undefined)
    throw lamError('LAM_AWS_PARAMETER', {
      message: 'logGroupNamePrefix and logGroupNamePattern are mutually exclusive parameters.',
    });
  const named = textsIn(input, 'logGroupIdentifiers')?.map(groupNamed);
  const isStandard = (textIn(input, 'logGroupClass') ?? 'STANDARD') === 'STANDARD';
  return (group) =>
    isStandard && group.startsWith(prefix ?? '') && group.includes(part ?? '') && named?.includes(group) !== false;
}
