import { lamError } from '../errors/index.ts';
import type { FunctionName } from '../contract/index.ts';
import type { BuildContext } from './artifact.ts';
import { runTool } from './run-tool.ts';

/** The command line of Docker, for one function's image. */
export class DockerTool {
  readonly #functionName: FunctionName;
  readonly #directory: string;
  readonly #context: BuildContext;

  constructor(functionName: FunctionName, directory: string, context: BuildContext) {
    this.#functionName = functionName;
    this.#directory = directory;
    this.#context = context;
  }

  /**
   * Runs `docker` and shows what it prints. Throws `LAM_BUILD_TOOL_MISSING`, `LAM_BUILD_FAILED`,
   * `LAM_BUILD_CANCELLED`.
   */
  run(...args: readonly string[]): Promise<readonly string[]> {
    return this.#run(args, this.#context);
  }

  /** As `run`, without showing anything; returns the lines. */
  ask(...args: readonly string[]): Promise<readonly string[]> {
    return this.#run(args, { ...this.#context, step: () => undefined, log: () => undefined });
  }

  /** The engine's architecture in its own words (`amd64`). Throws `LAM_BUILD_NO_ENGINE`, `LAM_BUILD_TOOL_MISSING`. */
  async architecture(): Promise<string> {
    const lines = await this.ask('version', '--format', '{{.Server.Arch}}').catch((thrown: unknown) => {
      throw lamError('LAM_BUILD_NO_ENGINE', { function: this.#functionName, reason: reasonOf(thrown) }, thrown);
    });
    return lines.at(-1)?.trim() ?? '';
  }

  /** The engine's description of an image; undefined where it has none of this name. */
  async inspect(image: string): Promise<InspectedImage | undefined> {
    const lines = await this.ask('image', 'inspect', '--format', '{{json .}}', image).catch(() => undefined);
    return lines === undefined ? undefined : (JSON.parse(lines.at(-1) ?? '') as InspectedImage);
  }

  #run(args: readonly string[], context: BuildContext): Promise<readonly string[]> {
    const command = {
      functionName: this.#functionName,
      program: 'docker',
      arguments: args,
      directory: this.#directory,
      why: 'the runtime of the function is a container image',
    };
    return runTool(command, context);
  }
}

/** What lam reads of the engine's description of an image. */
export interface InspectedImage {
  readonly Id: string;
  readonly Architecture: string;
  readonly Config: {
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly WorkingDir?: string;
  } | null;
}

/** The last line that a failed command printed, else its message. */
export function reasonOf(thrown: unknown): string {
  const output: unknown = Reflect.get(Object(Reflect.get(Object(thrown), 'details')), 'output');
  if (Array.isArray(output) && output.length > 0) return String(output.at(-1)).trim();
  return thrown instanceof Error ? thrown.message : String(thrown);
}
