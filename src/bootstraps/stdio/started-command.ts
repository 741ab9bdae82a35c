/** What is started for each invocation. */
export interface Command {
  /** Absolute path. */
  readonly program: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  /** Variables of its own, which those of the function replace. */
  readonly environment: Readonly<Record<string, string>>;
}
