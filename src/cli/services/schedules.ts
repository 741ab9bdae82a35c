import { isFunctionName, type FunctionName, type ScheduleView, type TriggerDetail } from '../../contract/index.ts';
import type { LamClient } from '../../client/index.ts';
import { lamError } from '../../errors/index.ts';
import { given, quoted, targetName } from './target.ts';

/** The kind of triggers that schedules are. */
const TYPE = 'schedule';

/** A schedule as the daemon shows it. */
export interface ScheduleDetail extends TriggerDetail {
  readonly view: ScheduleView;
}

/** Names a schedule. */
export interface ScheduleReference {
  readonly functionName: FunctionName;
  readonly name: string;
}

/**
 * The schedules of all functions, or of one. Throws the daemon's errors, `LAM_REGISTRY_FUNCTION_NOT_FOUND` for a function
 * that does not exist.
 */
export async function schedulesOf(daemon: LamClient, name?: FunctionName): Promise<readonly ScheduleDetail[]> {
  const all = (await daemon.triggers.list(TYPE)) as readonly ScheduleDetail[];
  if (name === undefined) return all;
  const own = all.filter(({ functionName }) => functionName === name);
  // Fails where there is no such function.
  if (own.length === 0) await daemon.functions.get(name);
  return own;
}

/**
 * Returns the schedule that the words of a command name: function and schedule, one of them, or neither. The function is
 * that of the project by default, the schedule its only one. Throws `LAM_CLI_NO_SCHEDULES`,
 * `LAM_CLI_SEVERAL_SCHEDULES` and the errors of `targetName`.
 */
export async function namedSchedule(
  words: { readonly function?: string | undefined; readonly schedule?: string | undefined },
  command: string,
  { cwd, daemon }: { readonly cwd: string; readonly daemon: () => Promise<LamClient> },
): Promise<ScheduleReference> {
  // A single word that no function can be called is a schedule: 'every 5m'.
  const isAlone = words.schedule === undefined && words.function !== undefined && !isFunctionName(words.function);
  const [named, schedule] = isAlone ? [undefined, words.function] : [words.function, words.schedule];
  const functionName = await targetName(named, cwd, command, given(schedule));
  if (schedule !== undefined) return { functionName, name: schedule };
  const own = await schedulesOf(await daemon(), functionName);
  const [only] = own;
  if (only === undefined) throw lamError('LAM_CLI_NO_SCHEDULES', { name: functionName });
  if (own.length > 1)
    throw lamError('LAM_CLI_SEVERAL_SCHEDULES', {
      name: functionName,
      schedules: own.map(({ name }) => name),
      command,
      example: quoted(only.name),
    });
  return { functionName, name: only.name };
}

/** Pauses or resumes a schedule. */
export async function setSchedulePaused(
  daemon: LamClient,
  { functionName, name }: ScheduleReference,
  isPaused: boolean,
): Promise<void> {
  if (isPaused) await daemon.triggers.pause({ functionName, type: TYPE, name });
  else await daemon.triggers.resume({ functionName, type: TYPE, name });
}

/** Runs a schedule now; returns the id of the invocation. */
export async function runSchedule(daemon: LamClient, { functionName, name }: ScheduleReference): Promise<string> {
  return (await daemon.triggers.run({ functionName, type: TYPE, name })).requestId;
}
