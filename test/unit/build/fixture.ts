import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { BuildContext } from '../../../src/build/index.ts';
import type { ProjectFunction } from '../../../src/project/index.ts';
import { asFunctionName } from '../../support/ids.ts';

/** The native esbuild of this machine. */
const ESBUILD = createRequire(import.meta.url).resolve(`@esbuild/${process.platform}-${process.arch}/bin/esbuild`);

/** Content of a file, or where a link leads to. */
export type TreeEntry = string | { readonly link: string } | { readonly text: string; readonly mode: number };

/** A temporary folder, removed when the test ends. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'lam-build-')));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function writeTree(root: string, tree: Readonly<Record<string, TreeEntry>>): Promise<void> {
  for (const [path, entry] of Object.entries(tree)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    if (typeof entry === 'object' && 'link' in entry) {
      await symlink(entry.link, file);
      continue;
    }
    await writeFile(file, typeof entry === 'string' ? entry : entry.text);
    if (typeof entry === 'object') await chmod(file, entry.mode);
  }
}

export interface Workbench {
  readonly directory: string;
  readonly workspace: string;
  readonly context: BuildContext;
  /** Output of the tools. */
  readonly logged: string[];
  /** Steps of the builds. */
  readonly steps: string[];
  fn(config?: Partial<ProjectFunction['config']>, build?: Partial<ProjectFunction['build']>): ProjectFunction;
}

/** A function's folder with the given files, and a workspace beside it. */
export async function workbench(t: TestContext, tree: Readonly<Record<string, TreeEntry>>): Promise<Workbench> {
  const root = await temporaryFolder(t);
  const directory = join(root, 'source');
  const workspace = join(root, 'workspace');
  await mkdir(directory);
  await writeTree(directory, tree);
  const logged: string[] = [];
  const steps: string[] = [];
  const context: BuildContext = {
    esbuildBinary: ESBUILD,
    workspace,
    assetsDir: join(root, 'assets'),
    images: 'lam-image-test',
    log: (line) => logged.push(line),
    step: (line) => steps.push(line),
  };
  return {
    directory,
    workspace,
    context,
    logged,
    steps,
    fn: (config = {}, build = {}) => ({
      name: asFunctionName('hello'),
      directory,
      ownFolder: directory,
      othersFolders: [],
      config: { runtime: 'nodejs', handler: 'index.handler', ...config },
      verify: true,
      layers: [],
      build: { include: [], dependencies: 'auto', ...build },
    }),
  };
}
