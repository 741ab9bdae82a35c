import { WASI } from 'node:wasi';
import { parentPort } from 'node:worker_threads';
import { PAYLOAD_LIMIT } from '../../executor/frames.ts';
import type { ProgramEnd } from '../program/host.ts';
import { PREVIEW_1 } from './module.ts';
import { withStreams } from './streams.ts';

/** Sent to a worker: first what it runs, then one message per run. */
export type ModuleTask =
  | {
      readonly kind: 'load';
      readonly module: WebAssembly.Module;
      readonly words: readonly string[];
      readonly tmp: string;
    }
  | { readonly kind: 'run'; readonly event: Uint8Array; readonly environment: Readonly<Record<string, string>> };

/** Sent by a worker: lines as they are printed, and then how the run ended. */
export type ModuleReport =
  | { readonly kind: 'stderr'; readonly bytes: Uint8Array }
  | { readonly kind: 'ended'; readonly stdout: Uint8Array; readonly end: ProgramEnd };

/** Thrown inside an instance that printed more than any answer may have. */
class TooMuchOutput extends Error {}

/** Runs in a worker thread: instantiates the module for each event. */
export function serveRuns(): void {
  let loaded: Extract<ModuleTask, { kind: 'load' }> | undefined;
  parentPort?.on('message', (message: ModuleTask) => {
    if (message.kind === 'load') loaded = message;
    else if (loaded !== undefined) post(runOnce(loaded, message));
  });
}

function post(message: ModuleReport): void {
  parentPort?.postMessage(message);
}

function runOnce(
  { module, words, tmp }: Extract<ModuleTask, { kind: 'load' }>,
  { event, environment }: Extract<ModuleTask, { kind: 'run' }>,
): ModuleReport {
  const printed: Uint8Array[] = [];
  let bytes = 0;
  const write = (stream: 1 | 2, chunk: Uint8Array): void => {
    if (stream === 2) {
      post({ kind: 'stderr', bytes: chunk });
      return;
    }
    printed.push(chunk);
    bytes += chunk.length;
    if (bytes > PAYLOAD_LIMIT + 2) throw new TooMuchOutput();
  };
  const wasi = new WASI({ version: 'preview1', args: [...words], env: { ...environment }, preopens: { '/tmp': tmp } });
  let memory: WebAssembly.Memory | undefined;
  const { [PREVIEW_1]: functions } = wasi.getImportObject() as Record<string, Record<string, () => number>>;
  const imports = withStreams(functions ?? {}, { stdin: event, write }, () => memory as WebAssembly.Memory);
  let end: ProgramEnd;
  try {
    const instance = new WebAssembly.Instance(module, { [PREVIEW_1]: imports });
    memory = instance.exports['memory'] as WebAssembly.Memory;
    end = { kind: 'exit', status: wasi.start(instance) };
  } catch (error) {
    end = trapOf(error);
  }
  return { kind: 'ended', stdout: Buffer.concat(printed), end };
}

function trapOf(thrown: unknown): ProgramEnd {
  if (thrown instanceof TooMuchOutput) return { kind: 'exit', status: 1 };
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return { kind: 'fault', errorType: 'Runtime.WasmTrap', message: `the program trapped: ${reason}` };
}

/** Names of the functions of WASI that this Node provides. */
export function wasiFunctions(): ReadonlySet<string> {
  const all = new WASI({ version: 'preview1' }).getImportObject() as Record<string, object>;
  return new Set(Object.keys(all[PREVIEW_1] ?? {}));
}
