import type { ProjectFunction } from '../../project/index.ts';
import type { BuildContext } from '../artifact.ts';

/** A program that builds jars from the source of a project. */
export interface JarTool {
  /** Whether the project in `directory` is built with it. */
  recognizes(directory: string): boolean;
  /** Whether its result depends on nothing but the files in `directory`, so that it can be kept. */
  isSelfContained(directory: string): Promise<boolean>;
  /** Names of folders in which it keeps its own files. */
  readonly ownFolders: readonly string[];
  /**
   * Builds the project and copies the jars it depends on into `folder`; returns the path of the project's own jar.
   * Throws the errors of a build tool and `LAM_BUILD_JAR_MISSING`.
   */
  jars(fn: ProjectFunction, folder: string, context: BuildContext): Promise<string>;
}
