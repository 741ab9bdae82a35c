import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { lamError } from '../../errors/index.ts';
import type { ProjectFunction } from '../../project/index.ts';
import { JVM_ARGUMENTS, JVM_FOLDER } from '../../runtimes/index.ts';
import type { BuildContext } from '../artifact.ts';
import type { Layer } from '../collect.ts';
import { cachedFolder } from '../dependency-cache.ts';
import { newDraft } from '../drafts.ts';
import type { FamilyBuild, Sources } from '../family-build.ts';
import { EVERYTHING, packageRules, type PackageRules } from '../package-rules.ts';
import { requireTool } from '../run-tool.ts';
import { sourceKey } from '../source-key.ts';
import { checkHandler } from './check-handler.ts';
import { gradle } from './gradle.ts';
import { isJar } from './jar-entry.ts';
import type { JarTool } from './jar-tool.ts';
import { maven } from './maven.ts';
import { runtimeClient } from './runtime-client.ts';

/** Tools by which projects are built, in the order in which they are looked for. */
const TOOLS: readonly JarTool[] = [maven, gradle];

/** Folder of the jars in an artifact, as on AWS. */
const LIB = 'lib';

/**
 * Jars that Maven or Gradle builds, else the author's folder with the jars in it; in both cases with AWS's client and
 * the class path.
 */
export const jvm: FamilyBuild = {
  // Classes are looked for in jars.
  candidates: () => [],
  async sources(fn, context) {
    // A build command makes the jars itself.
    const tool = fn.build.command === undefined ? TOOLS.find((each) => each.recognizes(fn.directory)) : undefined;
    return tool === undefined ? readySources(fn, context) : builtSources(fn, tool, context);
  },
  inline: null,
};

async function builtSources(fn: ProjectFunction, tool: JarTool, context: BuildContext): Promise<Sources> {
  const why = 'to compile the source';
  await requireTool({ functionName: fn.name, program: compilerOf(process.env), why });
  const client = await runtimeClient(fn, context);
  const make = (folder: string): Promise<void> => buildInto(folder, { fn, tool, client }, context);
  const rules = await packageRules(fn, { onlyIncluded: true });
  if (await tool.isSelfContained(fn.directory)) {
    const folder = await cachedFolder(
      context.workspace,
      'jvm',
      await sourceKey(fn, { leftOut: tool.ownFolders, madeWith: [process.env['JAVA_HOME'] ?? ''] }, context),
      make,
    );
    await checkBuilt(fn, folder);
    return sourcesOf(fn, { folder, client, rules });
  }
  const folder = await newDraft(context.workspace);
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await make(folder);
    await checkBuilt(fn, folder);
    return { ...sourcesOf(fn, { folder, client, rules }), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Checks the handler in what a tool built into `folder`. */
async function checkBuilt(fn: ProjectFunction, folder: string): Promise<void> {
  const jars = await jarsIn(join(folder, LIB));
  await checkHandler(fn, { jars: jars.map((name) => join(folder, LIB, name)), folder: null });
}

/** Jars and classes that are ready: those in the function's folder and in `lib` below it. */
async function readySources(fn: ProjectFunction, context: BuildContext): Promise<Sources> {
  const client = await runtimeClient(fn, context);
  const rules = await packageRules(fn, { onlyIncluded: false });
  const [own, libraries] = await Promise.all([jarsIn(fn.directory), jarsIn(join(fn.directory, LIB))]);
  const jars = [...own, ...libraries.map((name) => `${LIB}/${name}`)].filter((path) => rules.takes(path));
  for (const path of jars) await refuseUnlessJar(fn, join(fn.directory, path), path);
  const folder = await newDraft(context.workspace);
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await checkHandler(fn, { jars: jars.map((path) => join(fn.directory, path)), folder: fn.directory });
    await writeArguments(folder, client, jars);
    return { ...sourcesOf(fn, { folder, client, rules }), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function sourcesOf(
  fn: ProjectFunction,
  { folder, client, rules }: { readonly folder: string; readonly client: string; readonly rules: PackageRules },
): Sources {
  const layers: readonly Layer[] = [
    { root: folder, prefix: '', rules: EVERYTHING },
    { root: client, prefix: JVM_FOLDER, rules: EVERYTHING },
    { root: fn.directory, prefix: '', rules },
  ];
  return { layers, dispose: () => Promise.resolve() };
}

/** Fills `folder` with the artifact's jars in `lib` and its class path. */
async function buildInto(
  folder: string,
  { fn, tool, client }: { readonly fn: ProjectFunction; readonly tool: JarTool; readonly client: string },
  context: BuildContext,
): Promise<void> {
  const lib = join(folder, LIB);
  await mkdir(lib, { recursive: true });
  const own = await tool.jars(fn, lib, context);
  const libraries = await jarsIn(lib);
  await refuseUnlessJar(fn, own, basename(own));
  await copyFile(own, join(lib, basename(own)));
  await writeArguments(
    folder,
    client,
    [basename(own), ...libraries].map((name) => `${LIB}/${name}`),
  );
}

/** Writes the file of arguments: a class path in a fixed order, because archives of classes depend on it. */
async function writeArguments(folder: string, client: string, jars: readonly string[]): Promise<void> {
  const clientJars = (await jarsIn(client)).map((name) => `${JVM_FOLDER}/${name}`);
  const path = [...new Set([...clientJars, ...jars])].join(':');
  await mkdir(join(folder, posix.dirname(JVM_ARGUMENTS)), { recursive: true });
  await writeFile(join(folder, JVM_ARGUMENTS), `-cp\n"${path.replaceAll(/["\\]/g, String.raw`\$&`)}"\n`);
}

async function refuseUnlessJar(fn: ProjectFunction, source: string, path: string): Promise<void> {
  if (await isJar(source)) return;
  throw lamError('LAM_BUILD_JAR_INVALID', {
    function: fn.name,
    path,
    why: 'is no jar: it has no directory of entries',
  });
}

async function jarsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.jar')).toSorted();
}

/** The compiler of the JDK that Maven and Gradle use. */
function compilerOf({ JAVA_HOME: home = '' }: NodeJS.ProcessEnv): string {
  return home === '' ? 'javac' : join(home, 'bin/javac');
}
