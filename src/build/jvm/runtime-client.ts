import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lamError } from '../../errors/index.ts';
import type { ProjectFunction } from '../../project/index.ts';
import { JVM_LIBRARY } from '../../runtimes/index.ts';
import type { BuildContext } from '../artifact.ts';
import { cachedFolder } from '../dependency-cache.ts';
import { jarEntry } from './jar-entry.ts';
import { copyDependencies, runMaven } from './maven.ts';

/** AWS's runtime interface client for Java, as published. */
const CLIENT = { group: 'com.amazonaws', name: 'aws-lambda-java-runtime-interface-client', version: '2.10.1' };

/** Its native libraries, by the names that Node has for processors. */
const LIBRARIES: Readonly<Record<string, string>> = {
  x64: 'jni/libaws-lambda-jni.linux-x86_64.so',
  arm64: 'jni/libaws-lambda-jni.linux-aarch_64.so',
};

/**
 * Returns a folder with the client's jars and its native library for this machine, fetched by Maven once and kept in
 * the workspace. Throws the errors of a build tool.
 */
export function runtimeClient(fn: ProjectFunction, context: BuildContext): Promise<string> {
  const key = `${CLIENT.version}-${process.arch}`;
  return cachedFolder(context.workspace, 'jvm-client', key, async (folder) => {
    const pom = join(folder, 'pom.xml');
    await writeFile(pom, pomText());
    const why = "to fetch AWS's client for Java, once";
    await runMaven(fn, context, {
      goal: 'dependency:copy-dependencies',
      why,
      arguments: ['-f', pom, ...copyDependencies(join(folder, 'jars'))],
    });
    await rm(pom);
    await takeLibrary(fn, folder);
    for (const name of await readdir(join(folder, 'jars')))
      await rename(join(folder, 'jars', name), join(folder, name));
    await rm(join(folder, 'jars'), { recursive: true });
  });
}

async function takeLibrary(fn: ProjectFunction, folder: string): Promise<void> {
  const jar = join(folder, 'jars', `${CLIENT.name}-${CLIENT.version}.jar`);
  const name = LIBRARIES[process.arch];
  const library = name === undefined ? undefined : await jarEntry(jar, name);
  if (library === undefined)
    throw lamError('LAM_BUILD_JAR_INVALID', {
      function: fn.name,
      path: basename(jar),
      why: `holds no native library for this machine (${process.platform} ${process.arch})`,
    });
  await writeFile(join(folder, basename(JVM_LIBRARY)), library);
}

function pomText(): string {
  const { group, name, version } = CLIENT;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>lam</groupId>
  <artifactId>runtime-client</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>
  </dependencies>
</project>
`;
}
