import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest, FunctionDetail } from '../../src/contract/index.ts';
import { outputOf } from '../processes.ts';
import { NotRun } from '../row.ts';
import type { Lam } from './lam.ts';

/** Variables by which build tools find their caches and settings. */
const OF_TOOLS = /^(?:PATH|HOME|GO[A-Z]*|CARGO_.*|RUSTUP_.*|JAVA_HOME|MAVEN_.*|.*_PROXY|.*_proxy|SSL_CERT_.*)$/;

/** Code that lam built from a template, stored in its home. */
export interface Built {
  /** Name of the function that was deployed. */
  readonly name: string;
  readonly runtime: string;
  readonly handler: string;
  readonly artifact: Digest;
  /** Where the daemon keeps the code. */
  readonly folder: string;
}

/**
 * Makes a project from a template and deploys it as people do. Throws {@link NotRun} where the toolchain is missing.
 * @param prepare changes the project before it is deployed
 */
export async function builtFromTemplate(
  lam: Lam,
  runtime: string,
  prepare: (project: string) => Promise<void> = () => Promise.resolve(),
): Promise<Built> {
  const name = `built-${runtime}`;
  const projects = join(lam.folder, 'projects');
  await mkdir(projects, { recursive: true });
  const tools = Object.fromEntries(Object.entries(process.env).filter(([variable]) => OF_TOOLS.test(variable)));
  const environment = { ...lam.environment, ...(tools as Record<string, string>) };
  const run = (cwd: string, ...args: string[]): Promise<string> =>
    outputOf(lam.words(...args, '--json'), environment, cwd).catch((error: unknown) => {
      const missing = /"code":"LAM_(?:BUILD_TOOL|DRIVER_RUNTIME)_MISSING","message":"([^"]+)"/.exec(String(error));
      // 127: a shell did not find the program of `build.command`.
      const isNotFound = missing === null && String(error).includes('"exitCode":127');
      if (isNotFound) throw new NotRun(`the toolchain that builds '${name}' is missing`);
      throw missing === null ? error : new NotRun(missing[1] ?? 'a program is missing');
    });
  await run(projects, 'init', name, '--runtime', runtime, '--yes');
  const project = join(projects, name);
  await prepare(project);
  await run(project, 'deploy', '--no-verify');
  const { data } = JSON.parse(await run(project, 'describe', name)) as { readonly data: FunctionDetail };
  const artifact = data.allVersions[0]?.artifact;
  if (artifact === undefined) throw new Error(`'${name}' has no version after its deploy`);
  return {
    name,
    runtime,
    handler: data.config.handler,
    artifact,
    folder: join(lam.home, 'artifacts', artifact, 'tree'),
  };
}
