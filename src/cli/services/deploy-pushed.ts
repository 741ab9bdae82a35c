import type { LamClient } from '../../client/index.ts';
import { isFunctionName, type FlagSettings, type FunctionDetail, type FunctionName } from '../../contract/index.ts';
import { isLamError, lamError } from '../../errors/index.ts';
import { requireRuntime } from '../../runtimes/index.ts';
import type { Deployed, Deployment } from './deploy.ts';
import { receivePart, type FoundVersion } from './pull.ts';
import { whileVerified } from './verification.ts';

/** A deploy of a version that a registry has. */
export type PushedDeployment = Pick<
  Deployment,
  'client' | 'by' | 'flags' | 'dryRun' | 'verify' | 'message' | 'alias'
> & {
  /** The function's name here; default: the one it was pushed with. */
  readonly as: string | undefined;
  /** Folder for its zips. */
  readonly folder: string;
};

/** What was deployed from a registry. */
export interface DeployedPushed extends Deployed {
  /** With the digest. */
  readonly from: string;
  /** Variables that it was pushed with and that have no value here. */
  readonly missingVariables: readonly string[];
}

/**
 * Publishes a version of a registry as the next version of a function: the code takes the way of an upload, the settings
 * are what lam.yaml would say. Variables keep the values that the function has here. Throws `LAM_REGISTRY_INVALID_NAME`,
 * and what {@link receivePart} and the daemon throw.
 */
export async function deployPushed(
  found: FoundVersion,
  deployment: PushedDeployment,
  say: (line: string) => void,
): Promise<DeployedPushed> {
  const { client, folder, by, flags, dryRun, verify, message, alias } = deployment;
  const { pushed, text } = found;
  const name = deployment.as ?? pushed.name;
  if (!isFunctionName(name)) throw lamError('LAM_REGISTRY_INVALID_NAME', { name });
  requireRuntime(flags.runtime ?? pushed.settings.runtime ?? '');
  const { kept, missing } = await variablesOf(client, name, pushed.environment, flags);
  const artifact = await receivePart(found, 'code', { client, folder }, say);
  if (pushed.layers !== null) await receivePart(found, 'layers', { client, folder }, say);
  const answer = await whileVerified(
    say,
    client.versions.publish(name, {
      artifact,
      config: {
        ...pushed.settings,
        layers: pushed.layers,
        ...(Object.keys(kept).length === 0 ? {} : { environment: kept }),
      },
      flags,
      by,
      message: message ?? `from ${text}`,
      ...(alias === undefined ? {} : { alias }),
      ...(dryRun ? { dryRun } : {}),
      ...(verify ? {} : { verify }),
    }),
  );
  const notices = [...platformNotices(found), ...variableNotices(name, missing), ...answer.notices];
  return { ...answer, notices, from: text, missingVariables: missing };
}

/** Which variables a pushed version finds here: those with a value to keep, and those without any. */
async function variablesOf(
  client: LamClient,
  name: FunctionName,
  names: readonly string[],
  flags: FlagSettings,
): Promise<{ readonly kept: Readonly<Record<string, string>>; readonly missing: readonly string[] }> {
  const given = flags.environment ?? {};
  const detail = names.every((each) => Object.hasOwn(given, each)) ? undefined : await existing(client, name);
  const own = detail?.config.environment ?? {};
  const live = detail?.overrides.environment ?? {};
  const wanted = names.filter((each) => !Object.hasOwn(given, each) && !Object.hasOwn(live, each));
  const kept = wanted.filter((each) => Object.hasOwn(own, each)).map((each) => [each, own[each] ?? '']);
  return { kept: Object.fromEntries(kept), missing: wanted.filter((each) => !Object.hasOwn(own, each)) };
}

async function existing(client: LamClient, name: FunctionName): Promise<FunctionDetail | undefined> {
  try {
    return await client.functions.get(name);
  } catch (error) {
    if (isLamError(error) && error.code === 'LAM_REGISTRY_FUNCTION_NOT_FOUND') return undefined;
    throw error;
  }
}

function variableNotices(name: string, missing: readonly string[]): readonly string[] {
  if (missing.length === 0) return [];
  const given = missing.map((variable) => `${variable}=VALUE`).join(' ');
  return [`it was pushed with variables whose values stayed behind; to set: lam env set ${name} ${given}`];
}

function platformNotices({ pushed }: FoundVersion): readonly string[] {
  const { platform, settings } = pushed;
  const here = `${process.platform}/${process.arch}`;
  if (platform === '' || platform === here) return [];
  const { entry } = requireRuntime(settings.runtime ?? '').descriptor;
  const what = entry.kind === 'interpreter' ? 'if it has compiled parts, they may not run here' : 'it may not run here';
  return [`it was pushed from ${platform} and this machine is ${here}: ${what}`];
}
