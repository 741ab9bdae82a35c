import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import type { Layer } from './collect.ts';

/** Layers of an artifact, the first on top. */
export interface Sources {
  readonly layers: readonly Layer[];
  /** Removes temporary files of this build. */
  dispose(): Promise<void>;
}

/** The file and handler of code given on the command line. */
export interface InlineCode {
  /** Relative to the code's root. */
  readonly file: string;
  readonly executable: boolean;
  readonly handler: string;
}

/** How source becomes an artifact of one family of runtimes. */
export interface FamilyBuild {
  /**
   * The paths, relative to the code's root, where the runtime looks for the handler's file; none where it is no file of
   * the artifact.
   */
  candidates(handler: string): readonly string[];
  /**
   * Bundles, finds or installs as the function's `build` settings demand. `fn.directory` is a real path. Throws
   * `LAM_BUILD_*`.
   */
  sources(fn: ProjectFunction, context: BuildContext): Promise<Sources>;
  /**
   * Returns what the sources depend on besides folder, runtime and `build` settings. Functions in which all of these are
   * equal share a build. Absent: the handler.
   */
  sourceKey?(fn: ProjectFunction): Promise<string>;
  /** Null where code has to be built. */
  readonly inline: ((code: string) => InlineCode) | null;
}
