import { resolve } from 'node:path';
import type { LamClient } from '../../client/index.ts';
import type { ConfigPatch, FunctionName, TriggerDetail } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { typedName } from '../../project/index.ts';
import type { CommandContext } from '../command-context.ts';
import { readPayload } from '../fast/payload.ts';
import { renderConfigured } from '../render/published.ts';
import { failureToError } from './failure.ts';
import { whileVerified } from './verification.ts';

/**
 * Triggers that the daemon runs, of all functions or of one. Throws the daemon's errors, `LAM_REGISTRY_FUNCTION_NOT_FOUND`
 * for a function that does not exist.
 */
export async function triggersOf(daemon: LamClient, name?: FunctionName): Promise<readonly TriggerDetail[]> {
  const all = await daemon.triggers.list();
  if (name === undefined) return all;
  const own = all.filter(({ functionName }) => functionName === name);
  // Fails where there is no such function.
  if (own.length === 0) await daemon.functions.get(name);
  return own;
}

/**
 * Returns the trigger of a function that `word` names, as `NAME` or `TYPE:NAME`; without it the only one. Throws
 * `LAM_CLI_NO_TRIGGERS`, `LAM_CLI_SEVERAL_TRIGGERS`, `LAM_TRIGGERS_NOT_FOUND`.
 */
export async function namedTrigger(
  daemon: LamClient,
  name: FunctionName,
  { word, command }: { readonly word: string | undefined; readonly command: string },
): Promise<TriggerDetail> {
  return picked(name, await triggersOf(daemon, name), { word, command });
}

/**
 * Returns the trigger of a function's live version that `word` names, of any type, as {@link namedTrigger} does.
 */
export async function declaredTrigger(
  daemon: LamClient,
  name: FunctionName,
  words: { readonly word: string | undefined; readonly command: string },
): Promise<NamedTrigger> {
  const { config } = await daemon.functions.get(name);
  const declared = config.triggers.map((one) => {
    const whole = typedName(one);
    return { type: one.type, name: whole.slice(one.type.length + 1) };
  });
  return picked(name, declared, words);
}

/** A trigger among those of a function. */
export type NamedTrigger = Pick<TriggerDetail, 'type' | 'name'>;

function picked<T extends NamedTrigger>(
  name: FunctionName,
  own: readonly T[],
  { word, command }: { readonly word: string | undefined; readonly command: string },
): T {
  if (own.length === 0) throw lamError('LAM_CLI_NO_TRIGGERS', { name });
  const meant = own.filter((trigger) => word === undefined || word === trigger.name || word === fullName(trigger));
  const [one, ...others] = meant;
  if (one !== undefined && others.length === 0) return one;
  if (one === undefined)
    throw lamError('LAM_TRIGGERS_NOT_FOUND', { name, noun: 'trigger', trigger: word ?? '', known: own.map(fullName) });
  throw lamError('LAM_CLI_SEVERAL_TRIGGERS', { name, triggers: meant.map(fullName), command });
}

/** A trigger with the URL at which it takes requests, if it has one; without the secret. */
export async function withUrl(daemon: LamClient, trigger: TriggerDetail): Promise<TriggerDetail & { url?: string }> {
  const { path } = trigger.config as { readonly path?: unknown };
  if (trigger.type !== 'webhook' || typeof path !== 'string') return trigger;
  return { ...trigger, url: `${(await daemon.daemon.status()).url}${path}` };
}

/** A trigger's name with its type, which is unique within a function. */
export function fullName({ type, name }: NamedTrigger): string {
  return `${type}:${name}`;
}

/** A change of the triggers of a function, as a command was given it. */
export interface TriggerChange {
  readonly name: FunctionName;
  readonly trigger: NamedTrigger;
  readonly flags: { readonly message?: string | undefined; readonly 'no-verify': boolean };
  readonly change: Pick<ConfigPatch, 'add' | 'remove'>;
}

/** Adds or removes a trigger of a function, and prints the result. */
export async function changeTrigger(
  { out, by, client }: CommandContext,
  { name, trigger, flags, change }: TriggerChange,
): Promise<void> {
  const patch = {
    ...change,
    by,
    ...(flags.message === undefined ? {} : { message: flags.message }),
    ...(flags['no-verify'] ? { verify: false } : {}),
  };
  const daemon = await client();
  const answer = await whileVerified((line) => out.note(line), daemon.config.patch(name, patch));
  const { type, name: triggerName } = trigger;
  out.result({ ...answer, trigger: { type, name: triggerName } }, () => renderConfigured(answer));
  for (const notice of answer.notices) out.note(notice);
}

/** The event in a file, or on standard input for `-`. Throws `LAM_CLI_*` for what cannot be read or is not JSON. */
export function eventIn(file: string, cwd: string): unknown {
  const read = readPayload({ event: file, resolve: (path) => resolve(cwd, path) });
  if ('kind' in read) throw failureToError(read);
  return JSON.parse(read.bytes.toString());
}
