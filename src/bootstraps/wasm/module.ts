import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { InitRequest } from '../../executor/frames.ts';
import { programOf } from '../../runtimes/command-line.ts';
import { LoadFault } from '../program/host.ts';
import { initialPages } from './initial-pages.ts';

/** The module of WASI preview 1 in import lists. */
export const PREVIEW_1 = 'wasi_snapshot_preview1';

/** Memory comes in pages; so many make a MiB. */
const PAGES_PER_MIB = 16;
/** All that 32 bits can address. */
const MOST_PAGES = 65_536;

/** Returns the pages that an instance may have in a function with this limit. */
export function pagesIn(memoryMiB: number): number {
  return Math.min(MOST_PAGES, memoryMiB * PAGES_PER_MIB);
}

const MAGIC = Buffer.from('\0asm');
/** Version field of a core module; components, of WASI preview 2, have another. */
const CORE_VERSION = Buffer.from([1, 0, 0, 0]);

/**
 * Compiles the file of a handler. `provided`: names of the functions that WASI provides. Rejects with
 * {@link LoadFault} for what is no WASI command of preview 1, or has more memory than its function.
 */
export async function compile(
  { handler, taskRoot, memoryMiB }: InitRequest,
  provided: ReadonlySet<string>,
): Promise<WebAssembly.Module> {
  const name = programOf(handler);
  const refused = (why: string): never => {
    throw new LoadFault('Runtime.InvalidEntrypoint', `the handler '${handler}' is not a WASI command: ${why}`);
  };
  const path = isAbsolute(name) ? name : join(taskRoot, name);
  const bytes = await readFile(path).catch((error: Error) => refused(error.message));
  if (!bytes.subarray(0, 4).equals(MAGIC)) refused(`${name} is not a WebAssembly file`);
  if (!bytes.subarray(4, 8).equals(CORE_VERSION))
    refused(`${name} is a component of WASI preview 2; build it for preview 1 (wasip1)`);
  const module = await WebAssembly.compile(bytes).catch((error: Error) => refused(error.message));
  const missing = WebAssembly.Module.imports(module).find(
    (wanted) => wanted.module !== PREVIEW_1 || wanted.kind !== 'function' || !provided.has(wanted.name),
  );
  if (missing !== undefined)
    refused(`it imports the ${missing.kind} ${missing.module}.${missing.name}, which lam does not provide`);
  const kinds = new Map(WebAssembly.Module.exports(module).map((each) => [each.name, each.kind]));
  if (kinds.get('_start') !== 'function') refused('it exports no function _start, as libraries do');
  if (kinds.get('memory') !== 'memory') refused("it exports no memory named 'memory'");
  refuseLargeMemory(bytes, handler, memoryMiB);
  return module;
}

/** An instance of such a module could never be made. */
function refuseLargeMemory(bytes: Uint8Array, handler: string, memoryMiB: number): void {
  const pages = initialPages(bytes);
  if (pages <= pagesIn(memoryMiB)) return;
  const wanted = Math.ceil(pages / PAGES_PER_MIB);
  throw new LoadFault(
    'Runtime.OutOfMemory',
    `the handler '${handler}' begins with ${wanted} MiB of memory, and its function has ${memoryMiB} MiB`,
  );
}
