import type { Digest, Manifest } from '../contract/index.ts';

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

/** The artifact of a function, whose files can be read again after they have changed. */
export interface FunctionArtifact extends BuiltArtifact {
  /** Lists and digests the files again; builds nothing. Throws as the build does. */
  reread(): Promise<BuiltArtifact>;
}

/** A file, known by its device and inode. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Where tools of a build run instead of this machine. */
export interface BuildContainer {
  /** In messages: `the image 'golang:1.26'`. */
  readonly title: string;
  /** Arguments of `docker`; the image's name is not among them. */
  readonly arguments: readonly string[];
  readonly image: string;
  /** Program and first arguments in front of a tool. */
  readonly prefix: readonly string[];
}

/** Digests and sizes of files by path and state, of one deploy. */
export type DigestMemo = Map<string, Promise<{ readonly digest: Digest; readonly size: number }>>;

/** Inputs of every build. */
export interface BuildContext {
  /** Absolute path of the native esbuild executable. */
  readonly esbuildBinary: string;
  /**
   * Absolute path of a folder for temporary files and for installed dependencies kept between builds; made when absent.
   */
  readonly workspace: string;
  /** Absolute path of the folder of lam's assets. */
  readonly assetsDir: string;
  /** Repository under whose name the engine keeps images of functions of this home. */
  readonly images: string;
  /** Receives each line printed by build commands and tools, without line break. */
  readonly log: (line: string) => void;
  /** Receives a line when something begins that may take long. */
  readonly step: (line: string) => void;
  /** Runs the tools; absent: this machine does. */
  readonly container?: BuildContainer;
  /** Runs the tools of all functions in a container, as `build.inContainer` does for one. */
  readonly allInContainer?: boolean;
  /** Digests that functions of one deploy have in common; without it each function reads its files itself. */
  readonly digests?: DigestMemo;
  /** Files that this process itself writes its output to; left out with a notice. */
  readonly ownOutput?: readonly FileIdentity[];
  /** Aborts running tools; the build then throws `LAM_BUILD_CANCELLED`. */
  readonly signal?: AbortSignal;
}
