import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { buildFunction, inlineArtifact, zipFiles, type BuildContext, type BuiltArtifact } from '../../build/index.ts';
import type { LamClient } from '../../client/index.ts';
import {
  DEFAULT_CONFIG,
  isFunctionName,
  type ConfigInput,
  type Digest,
  type PublishAnswer,
  type PublishRequest,
  type FunctionName,
  type AliasName,
} from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { loadProject, type ProjectFunction } from '../../project/index.ts';
import { requireRuntime } from '../../runtimes/index.ts';

/** Result of a deploy of one function. */
export interface Deployed extends PublishAnswer {
  /** Notices of the build and of the daemon. */
  readonly notices: readonly string[];
}

/** Inputs that all functions of one deploy share. */
export interface Deployment {
  readonly client: LamClient;
  /** Where and with what to build. */
  readonly place: Pick<BuildContext, 'esbuildBinary' | 'workspace'>;
  readonly by: string;
  readonly message?: string;
  readonly alias?: AliasName;
  readonly dryRun: boolean;
  /** Take precedence over lam.yaml; environment variables are merged. */
  readonly overrides: ConfigInput;
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

/** Builds a function, uploads the files that the daemon lacks and publishes it. `say` prints lines of the build. */
export async function deployFunction(
  fn: ProjectFunction,
  deployment: Deployment,
  say: (line: string) => void,
): Promise<Deployed> {
  const { client, place, overrides } = deployment;
  const built = await buildFunction({ ...fn, config: withOverrides(fn.config, overrides) }, { ...place, log: say });
  try {
    const artifact = await send(built, client, say);
    const answer = await client.publish(fn.name, request(artifact, fn.config, deployment));
    return { ...answer, notices: [...built.notices, ...answer.notices] };
  } finally {
    await built.dispose();
  }
}

/** Publishes code given on the command line. */
export async function deployInline(text: string, code: string, deployment: Deployment): Promise<Deployed> {
  const { client, place, overrides } = deployment;
  const { name, runtime } = checked(text, overrides.runtime);
  const built = await inlineArtifact(code, { functionName: name, runtime }, place);
  try {
    const artifact = await send(built, client, () => undefined);
    return await client.publish(name, request(artifact, { runtime, handler: built.handler }, deployment));
  } finally {
    await built.dispose();
  }
}

/** Publishes a zip unchanged. Throws `LAM_CLI_ZIP_UNREADABLE`. */
export async function deployZip(text: string, file: string, deployment: Deployment): Promise<Deployed> {
  const { client, overrides } = deployment;
  const { name, runtime } = checked(text, overrides.runtime);
  await access(file, constants.R_OK).catch((error: unknown) => {
    throw lamError('LAM_CLI_ZIP_UNREADABLE', { file, what: error instanceof Error ? error.message : '' }, error);
  });
  const { artifact } = await client.uploadZip(file);
  const handler = requireRuntime(runtime).descriptor.handler.default;
  return client.publish(name, request(artifact, { runtime, handler }, deployment));
}

async function send(
  built: Pick<BuiltArtifact, 'manifest' | 'files'>,
  client: LamClient,
  say: (line: string) => void,
): Promise<Digest> {
  const plan = await client.plan(built.manifest);
  if (plan.known) return plan.artifact;
  const missing = new Set(plan.missing);
  if (missing.size > 0) say(`sending ${missing.size === 1 ? 'one file' : `${missing.size} files`}`);
  const { artifact } = await client.upload({
    manifest: built.manifest,
    zip: missing.size === 0 ? null : zipFiles(built, missing),
  });
  return artifact;
}

function request(artifact: Digest, config: ConfigInput, deployment: Deployment): PublishRequest {
  const { message, alias, dryRun, by, overrides } = deployment;
  return {
    artifact,
    config: withOverrides(config, overrides),
    by,
    ...(message === undefined ? {} : { message }),
    ...(alias === undefined ? {} : { alias }),
    ...(dryRun ? { dryRun } : {}),
  };
}

function withOverrides<C extends ConfigInput>(config: C, overrides: ConfigInput): C {
  if (overrides.environment === undefined) return { ...config, ...overrides };
  return { ...config, ...overrides, environment: { ...config.environment, ...overrides.environment } };
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
