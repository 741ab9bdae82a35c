import type { Manifest } from '../contract/index.ts';

/** What a build made: a manifest and where each of its files can be read. */
export interface BuiltArtifact {
  readonly manifest: Manifest;
  /** Absolute path of each file's source, by the path of its manifest entry. Symbolic links have none. */
  readonly files: ReadonlyMap<string, string>;
  /** What the author should know, a sentence each. */
  readonly notices: readonly string[];
  /** Removes what the build made only for this artifact; its files can't be read afterwards. Idempotent. */
  dispose(): Promise<void>;
}

/** What every build needs from its caller. */
export interface BuildContext {
  /** Absolute path of the native esbuild executable. */
  readonly esbuildBinary: string;
  /** Absolute path of a folder for temporary files and for installed dependencies kept between builds; made when absent. */
  readonly workspace: string;
  /** Takes each line that a build command or tool prints, without line break. */
  readonly log: (line: string) => void;
  /** Ends tools that run, and makes the build throw `LAM_BUILD_CANCELLED`. */
  readonly signal?: AbortSignal;
}
