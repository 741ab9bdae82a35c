import { messageOf } from '../errors/index.ts';
import type { LogStore } from '../logs/index.ts';
import type { Registry } from '../registry/index.ts';

/**
 * Deletes the logs of each deleted function, also if another node deleted it, before a new function of its name can
 * print.
 */
export function keepLogsInStep(registry: Registry, logs: LogStore, onTrouble: (what: string) => void): void {
  registry.onChange(({ kind, name }) => {
    if (kind !== 'deleted') return;
    logs.delete(name).catch((error: unknown) => {
      onTrouble(`the logs of '${name}' could not be deleted with it: ${messageOf(error)}`);
    });
  });
}
