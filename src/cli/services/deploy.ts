import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { inlineArtifact, type BuildContext, type SharedBuilds } from '../../build/index.ts';
import type { LamClient } from '../../client/index.ts';
import {
  DEFAULT_CONFIG,
  isFunctionName,
  type ArtifactAnswer,
  type ConfigInput,
  type FlagSettings,
  type Digest,
  type PublishAnswer,
  type PublishRequest,
  type FunctionName,
  type AliasName,
} from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { loadProject, type ProjectFunction } from '../../project/index.ts';
import { requireRuntime } from '../../runtimes/index.ts';
import type { LayerSender } from './layers.ts';
import { send, type Sent, type Uploads } from './upload.ts';
import { whileVerified } from './verification.ts';

/** Result of a deploy of one function. */
export interface Deployed extends PublishAnswer {
  /** Notices of the build and of the daemon. */
  readonly notices: readonly string[];
  /** What of the stored code had been lost or altered, and was healed. */
  readonly repaired?: ArtifactAnswer['repaired'];
}

/** Inputs that all functions of one deploy share. */
export interface Deployment {
  readonly client: LamClient;
  /** Where to make artifacts of code on the command line. */
  readonly place: Pick<BuildContext, 'workspace'>;
  readonly layers: LayerSender;
  /** Builds of the functions; disposed of by whoever made it. */
  readonly builds: SharedBuilds;
  readonly uploads: Uploads;
  readonly by: string;
  /** Names of all functions that it deploys. */
  readonly alongside: readonly string[];
  readonly message?: string;
  readonly alias?: AliasName;
  readonly dryRun: boolean;
  /** Whether the daemon loads the code before it goes live; a function's `verify: false` overrides it. */
  readonly verify: boolean;
  /** Settings given as flags, which win over all others; environment variables are merged. */
  readonly flags: FlagSettings;
}

/** Folder of a home for temporary files of builds and installed dependencies. */
export function buildFolder(home: string): string {
  return join(home, 'cache', 'build');
}

/** The functions of the project in `cwd` to deploy: those named, or all. Throws `LAM_CLI_NOT_IN_PROJECT`. */
export async function functionsToDeploy(cwd: string, names: readonly string[]): Promise<readonly ProjectFunction[]> {
  const { functions } = await loadProject(cwd);
  const known: readonly string[] = functions.map((f) => f.name);
  for (const name of names) if (!known.includes(name)) throw lamError('LAM_CLI_NOT_IN_PROJECT', { name, known });
  return names.length === 0 ? functions : functions.filter((f) => names.includes(f.name));
}

/** Where a deploy reports what it does. */
export interface DeployProgress {
  /** Receives a line for each step. */
  readonly say: (line: string) => void;
  /** Receives each line that build commands and tools print. */
  readonly tool: (line: string) => void;
}

/** Builds a function, uploads the files that the daemon lacks and publishes it. */
export async function deployFunction(
  fn: ProjectFunction,
  deployment: Deployment,
  { say, tool }: DeployProgress,
): Promise<Deployed> {
  const { client, builds, uploads, layers, flags } = deployment;
  await refuseImageWithoutDocker(withFlags(fn.config, flags), client);
  const built = await builds.build({ ...fn, config: withFlags(fn.config, flags) }, { log: tool, step: say });
  // First, because a layer is more likely to be refused: nothing of the function is stored then.
  const layered = await layers.send(fn, say);
  const { notices, ...sent } = await uploads.send(fn, built, say);
  const config = { ...fn.config, layers: layered.layers };
  const verify = deployment.verify && fn.verify;
  const publish = client.versions.publish(fn.name, request(sent.artifact, config, { ...deployment, verify }));
  const answer = await whileVerified(say, publish);
  return withRepair({ ...answer, notices: [...notices, ...layered.notices, ...answer.notices] }, sent);
}

/** Refuses an image for a daemon that runs processes, before it is built. Throws `LAM_DRIVER_NEEDS_DOCKER`. */
async function refuseImageWithoutDocker(config: ConfigInput, client: LamClient): Promise<void> {
  const { family, descriptor } = requireRuntime(config.runtime ?? DEFAULT_CONFIG.runtime);
  if (descriptor.entry.kind !== 'image' || (await client.daemon.status()).driver === 'docker') return;
  throw lamError('LAM_DRIVER_NEEDS_DOCKER', { runtime: family });
}

/** Publishes code given on the command line. */
export async function deployInline(
  text: string,
  code: string,
  deployment: Deployment,
  say: (line: string) => void,
): Promise<Deployed> {
  const { client, place, flags } = deployment;
  const { name, runtime } = checked(text, flags.runtime);
  const built = await inlineArtifact(code, { functionName: name, runtime }, place);
  try {
    const sent = await send(built, client, () => undefined);
    const config = unlessDefault(runtime, built.handler);
    const publish = client.versions.publish(name, request(sent.artifact, config, deployment));
    return withRepair(await whileVerified(say, publish), sent);
  } finally {
    await built.dispose();
  }
}

/** Publishes a zip unchanged. Throws `LAM_CLI_ZIP_UNREADABLE`. */
export async function deployZip(
  text: string,
  file: string,
  deployment: Deployment,
  say: (line: string) => void,
): Promise<Deployed> {
  const { client, flags } = deployment;
  const { name } = checked(text, flags.runtime);
  await access(file, constants.R_OK).catch((error: unknown) => {
    throw lamError('LAM_CLI_ZIP_UNREADABLE', { file, what: error instanceof Error ? error.message : '' }, error);
  });
  const sent = await client.artifacts.uploadZip(file);
  const publish = client.versions.publish(name, request(sent.artifact, {}, deployment));
  return withRepair(await whileVerified(say, publish), sent);
}

/** Adds to a deploy's result what the upload healed. */
function withRepair(deployed: Deployed, { repaired }: Sent): Deployed {
  if (repaired === undefined) return deployed;
  const { files } = repaired;
  const what = files === 0 ? 'its unpacked folder' : files === 1 ? 'one file' : `${files} files`;
  const notice = `the stored code had been lost or altered on the disk, and is repaired: ${what}`;
  return { ...deployed, repaired, notices: [notice, ...deployed.notices] };
}

function request(artifact: Digest, config: ConfigInput, deployment: Deployment): PublishRequest {
  const { message, alias, alongside, dryRun, by, flags, verify } = deployment;
  return {
    artifact,
    config,
    flags,
    by,
    ...(alongside.length > 1 ? { alongside } : {}),
    ...(message === undefined ? {} : { message }),
    ...(alias === undefined ? {} : { alias }),
    ...(dryRun ? { dryRun } : {}),
    ...(verify ? {} : { verify }),
  };
}

function withFlags<C extends ConfigInput>(config: C, flags: FlagSettings): C {
  if (flags.environment === undefined) return { ...config, ...flags };
  return { ...config, ...flags, environment: { ...config.environment, ...flags.environment } };
}

/** The handler of code without a project; no setting if the runtime has it by default. */
function unlessDefault(runtime: string, handler: string): ConfigInput {
  return requireRuntime(runtime).descriptor.handler.default === handler ? {} : { handler };
}

/** Name and runtime of a deploy without a project, checked before anything is sent. */
function checked(
  name: string,
  runtime: string = DEFAULT_CONFIG.runtime,
): { readonly name: FunctionName; readonly runtime: string } {
  if (!isFunctionName(name)) throw lamError('LAM_REGISTRY_INVALID_NAME', { name });
  requireRuntime(runtime);
  return { name, runtime };
}
