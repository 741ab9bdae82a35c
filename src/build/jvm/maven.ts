import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../../project/index.ts';
import type { BuildContext } from '../artifact.ts';
import { runTool } from '../run-tool.ts';
import { chosenJar } from './chosen-jar.ts';
import type { JarTool } from './jar-tool.ts';

const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
/** Kotlin's plugin would leave a daemon of its own running after the build. */
const NO_KOTLIN_DAEMON = '-Dkotlin.compiler.daemon=false';
/** Equal sources make equal jars, so that a deploy which changes nothing is seen as such. */
const REPRODUCIBLE = '-Dproject.build.outputTimestamp=1980-01-01T00:00:02Z';

/** Maven: the project's wrapper, else `mvn`. */
export const maven: JarTool = {
  recognizes: (directory) => existsSync(join(directory, 'pom.xml')),
  async isSelfContained(directory) {
    const pom = await readFile(join(directory, 'pom.xml'), 'utf8');
    const changesElsewhere = /<modules>|<dependency>(?:(?!<\/dependency>)[^])*-SNAPSHOT/.test(pom);
    return !changesElsewhere && !existsSync(join(directory, '../pom.xml'));
  },
  ownFolders: ['target'],
  async jars(fn, folder, context) {
    const pom = await readFile(join(fn.directory, 'pom.xml'), 'utf8');
    // A shaded jar holds its dependencies.
    const dependencies = pom.includes('maven-shade-plugin') ? [] : copyDependencies(folder);
    await runMaven(fn, context, {
      goal: 'package',
      why: 'to build what pom.xml describes',
      arguments: ['-DskipTests', REPRODUCIBLE, 'package', ...dependencies],
    });
    const made = join(fn.directory, 'target');
    const properties = await readFile(join(made, 'maven-archiver/pom.properties'), 'utf8').catch(() => '');
    const [name, version] = ['artifactId', 'version'].map(
      (key) => new RegExp(`^${key}=(.*)$`, 'm').exec(properties)?.[1],
    );
    return chosenJar(fn, made, [`${name}-${version}.jar`]);
  },
};

/** Returns the arguments that make Maven copy a project's dependencies at run time into `folder`. */
export function copyDependencies(folder: string): readonly string[] {
  return [`${DEPENDENCY_PLUGIN}:copy-dependencies`, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
}

/** One run of Maven. */
export interface MavenRun {
  /** In messages, where the arguments that follow are noise. */
  readonly goal: string;
  readonly arguments: readonly string[];
  readonly why: string;
}

/** Runs Maven in a function's folder. Throws the errors of a build tool. */
export async function runMaven(
  fn: ProjectFunction,
  context: BuildContext,
  { goal, arguments: args, why }: MavenRun,
): Promise<void> {
  const program = existsSync(join(fn.directory, 'mvnw')) ? './mvnw' : 'mvn';
  await runTool(
    {
      functionName: fn.name,
      program,
      title: `${program} ${goal}`,
      arguments: ['--batch-mode', '--quiet', '-Dstyle.color=never', NO_KOTLIN_DAEMON, ...args],
      directory: fn.directory,
      why,
    },
    context,
  );
}
