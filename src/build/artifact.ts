import type { Manifest } from '../contract/index.ts';

/** Result of a build: the manifest, and where each file can be read. */
export interface BuiltArtifact {
  readonly manifest: Manifest;
  /** Absolute path of each file's source, by the path of its manifest entry. Symbolic links have none. */
  readonly files: ReadonlyMap<string, string>;
  /** Notices for the author, one sentence each. */
  readonly notices: readonly string[];
  /** Removes temporary files of this build; the artifact's files may be unreadable afterwards. Idempotent. */
  dispose(): Promise<void>;
}

/** Inputs of every build. */
export interface BuildContext {
  /** Absolute path of the native esbuild executable. */
  readonly esbuildBinary: string;
  /**
   * Absolute path of a folder for temporary files and for installed dependencies kept between builds; made when absent.
   */
  readonly workspace: string;
  /** Receives each line printed by build commands and tools, without line break. */
  readonly log: (line: string) => void;
  /** Aborts running tools; the build then throws `LAM_BUILD_CANCELLED`. */
  readonly signal?: AbortSignal;
}
