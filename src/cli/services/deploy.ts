import { join } from 'node:path';
import { buildFunction, inlineArtifact, zipFiles, type BuildContext, type BuiltArtifact } from '../../build/index.ts';
import type { LamClient } from '../../client/index.ts';
import type { ConfigInput, Digest, PublishAnswer, PublishRequest } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { loadProject, type ProjectFunction } from '../../project/index.ts';
import { parseRuntime } from '../../runtimes/index.ts';

/** What a deploy of one function came to. */
export interface Deployed extends PublishAnswer {
  /** From the build and from the daemon. */
  readonly notices: readonly string[];
}

/** How versions are published, for all functions of a deploy alike. */
export interface PublishOptions {
  readonly by: string;
  readonly message?: string;
  readonly alias?: string;
  readonly dryRun: boolean;
  /** Wins over lam.yaml; environment variables are added to its. */
  readonly overrides: ConfigInput;
}

/** A build's needs, but where its lines go. */
export type BuildPlace = Pick<BuildContext, 'esbuildBinary' | 'workspace'>;

/** Where builds keep temporary files and installed dependencies, in a home. */
export function buildWorkspace(home: string): string {
  return join(home, 'cache', 'build');
}

/** The functions of the project in `cwd` that are to be deployed: those named, else all. Throws `LAM_CLI_NOT_IN_PROJECT`. */
export async function functionsToDeploy(cwd: string, names: readonly string[]): Promise<readonly ProjectFunction[]> {
  const { functions } = await loadProject(cwd);
  const known = functions.map((f) => f.name);
  for (const name of names) if (!known.includes(name)) throw lamError('LAM_CLI_NOT_IN_PROJECT', { name, known });
  return names.length === 0 ? functions : functions.filter((f) => names.includes(f.name));
}

/** Builds a function, sends what the daemon lacks, publishes it. */
export async function deployFunction(fn: ProjectFunction, client: LamClient, place: BuildPlace, options: PublishOptions, say: (line: string) => void): Promise<Deployed> {
  const built = await buildFunction({ ...fn, config: withOverrides(fn.config, options.overrides) }, { ...place, log: say });
  try {
    const artifact = await send(built, client, say);
    const answer = await client.publish(fn.name, request(artifact, fn.config, options));
    return { ...answer, notices: [...built.notices, ...answer.notices] };
  } finally {
    await built.dispose();
  }
}

/** Publishes code from the command line. */
export async function deployInline(name: string, code: string, client: LamClient, place: BuildPlace, options: PublishOptions): Promise<Deployed> {
  const runtime = knownRuntime(options.overrides.runtime);
  const built = await inlineArtifact(code, { functionName: name, runtime }, place);
  try {
    const artifact = await send(built, client, () => undefined);
    return await client.publish(name, request(artifact, { runtime, handler: built.handler }, options));
  } finally {
    await built.dispose();
  }
}

/** Publishes a zip as it is. */
export async function deployZip(name: string, file: string, client: LamClient, options: PublishOptions): Promise<Deployed> {
  const runtime = knownRuntime(options.overrides.runtime);
  const { artifact } = await client.uploadZip(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw lamError('LAM_CLI_PAYLOAD_UNREADABLE', { from: file, what: (error as Error).message }, error);
  });
  const handler = parseRuntime(runtime)?.defaultHandler;
  return client.publish(name, request(artifact, { runtime, ...(handler === undefined ? {} : { handler }) }, options));
}

async function send(built: Pick<BuiltArtifact, 'manifest' | 'files'>, client: LamClient, say: (line: string) => void): Promise<Digest> {
  const plan = await client.plan(built.manifest);
  if (plan.known) return plan.artifact;
  const missing = new Set(plan.missing);
  if (missing.size > 0) say(`sending ${missing.size === 1 ? 'one file' : `${missing.size} files`}`);
  const { artifact } = await client.upload({ manifest: built.manifest, zip: missing.size === 0 ? null : zipFiles(built, missing) });
  return artifact;
}

function request(artifact: Digest, config: ConfigInput, options: PublishOptions): PublishRequest {
  const { message, alias, dryRun, by, overrides } = options;
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

const DEFAULT_RUNTIME = 'nodejs';

/** Without a project there is no runtime to read from it; an unknown one is left to the daemon to refuse with its words. */
function knownRuntime(runtime: string | undefined): string {
  return runtime ?? DEFAULT_RUNTIME;
}
