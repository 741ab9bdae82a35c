import { Console } from 'node:console';

/**
 * Lets the global `console` print to `process.stdout` and `process.stderr`, which the function's streams replace. For
 * runtimes whose own console writes to the file descriptors.
 */
export function installConsole(): void {
  globalThis.console = new Console(process.stdout, process.stderr);
}
