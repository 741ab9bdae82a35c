import type { AssetPaths, DaemonOptions, ReplacedDaemon } from '../contract/index.ts';

/**
 * How this copy of lam is installed: as files beside the bundle (npm, a clone) or inside a single executable. Created
 * by the entry points; no other code locates files of lam itself.
 */
export interface Installation {
  readonly kind: 'npm' | 'binary';
  readonly version: string;
  /** Digest of its built files now, which another build replaces; undefined for the single binary. */
  build(): string | undefined;
  /** Program and arguments that start a daemon in the background. */
  readonly daemonCommand: readonly string[];
  /** Program and first arguments that run a Node program in a sandbox; its path follows. */
  nodeCommand(home: string): readonly string[];
  /** Assets that must be files on disk; a binary unpacks them once, into the home. */
  assets(home: string): AssetPaths;
  /** Folder of templates: `<runtime>/<template>/`. */
  templates(home: string): string;
  /** esbuild's native program. */
  esbuild(home: string): string;
  loadApp(): AppModule;
  loadDaemon(): DaemonModule;
}

/** What `app.cjs` exports. */
export interface AppModule {
  /** Runs any command; resolves with the exit code. Never rejects. */
  runApp(argv: readonly string[], installation: Installation): Promise<number>;
  /** Reports a failure of the fast path; returns the exit code. Never throws. */
  reportFailure(failure: FastFailure | FastCrash, asJson: boolean): number;
}

/** What `daemon.cjs` exports. */
export interface DaemonModule {
  runDaemon(options: DaemonOptions): Promise<number>;
  /** Throws the error that the start of a daemon in place of another would fail with. */
  rehearseDaemon(options: DaemonOptions, replaced: ReplacedDaemon): Promise<void>;
}

/** What the code of the fast path threw, such as that its output could not be written. */
export interface FastCrash {
  readonly kind: 'crashed';
  readonly thrown: unknown;
}

/** Why an invoke got no result from the function. */
export type FastFailure =
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly header: string | undefined;
      readonly type: string | undefined;
      readonly body: string;
    }
  | { readonly kind: 'lost'; readonly what: string }
  | { readonly kind: 'not-json'; readonly from: string; readonly text: string }
  | { readonly kind: 'unreadable'; readonly from: string; readonly what: string };
