import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../run-tool.ts';
import { chosenJar } from './chosen-jar.ts';
import type { JarTool } from './jar-tool.ts';

const BUILD_FILES = ['build.gradle', 'build.gradle.kts'];

/** Adds a task that copies the jars a project needs at run time to the folder in the property `lam.dependencies`. */
const INIT_SCRIPT = `allprojects {
  plugins.withId('java') {
    tasks.register('lamDependencies', Sync) {
      from configurations.named('runtimeClasspath')
      into System.getProperty('lam.dependencies')
    }
  }
}
`;

/** Gradle: the project's wrapper, else `gradle`. */
export const gradle: JarTool = {
  recognizes: (directory) => BUILD_FILES.some((name) => existsSync(join(directory, name))),
  // Builds may include others, and take versions from ranges.
  isSelfContained: () => Promise.resolve(false),
  ownFolders: ['build', '.gradle'],
  async jars(fn, folder, context) {
    const program = existsSync(join(fn.directory, 'gradlew')) ? './gradlew' : 'gradle';
    const script = `${folder}.gradle`;
    await writeFile(script, INIT_SCRIPT);
    try {
      await runTool(
        {
          functionName: fn.name,
          program,
          title: `${program} assemble`,
          arguments: [
            '--quiet',
            '--init-script',
            script,
            `-Dlam.dependencies=${folder}`,
            'assemble',
            'lamDependencies',
          ],
          directory: fn.directory,
          why: 'to build what build.gradle describes',
        },
        context,
      );
    } finally {
      await rm(script, { force: true });
    }
    const made = join(fn.directory, 'build/libs');
    // That of the shadow plugin holds the dependencies.
    const shadowed = (await readdir(made).catch(() => [])).filter((name) => name.endsWith('-all.jar'));
    return chosenJar(fn, made, shadowed);
  },
};
