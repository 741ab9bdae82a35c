import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import type { Layer } from './collect.ts';

/** Where the parts of an artifact come from, the first layer on top. */
export interface Sources {
  readonly layers: readonly Layer[];
  /** Removes what was made for this build only. */
  dispose(): Promise<void>;
}

/** The one file that code from the command line becomes, and the handler that names its entry. */
export interface InlineCode {
  /** Relative to the code's root. */
  readonly file: string;
  readonly executable: boolean;
  readonly handler: string;
}

/** How source becomes an artifact of one family of runtimes. */
export interface FamilyBuild {
  /** The paths, relative to the code's root, where the runtime looks for the handler's file. */
  candidates(handler: string): readonly string[];
  /** Bundles, finds or installs what the function's `build` settings ask for. `fn.directory` is a real path. Throws `LAM_BUILD_*`. */
  sources(fn: ProjectFunction, context: BuildContext): Promise<Sources>;
  inline(code: string): InlineCode;
}
