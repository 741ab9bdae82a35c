import { lstatSync, type Stats } from 'node:fs';
import { setImmediate as pause } from 'node:timers/promises';

/** Number of files between two pauses. */
const BATCH = 200;

/**
 * Calls `see` with the status of each named file in `folder`; undefined for a missing one. Synchronous calls are ten
 * times cheaper than awaited ones, and the pauses between batches let requests through.
 */
export async function statEach(
  folder: string,
  names: Iterable<string>,
  see: (name: string, stat: Stats | undefined) => void,
): Promise<void> {
  let looked = 0;
  for (const name of names) {
    if (++looked % BATCH === 0) await pause();
    see(name, lstatSync(`${folder}/${name}`, { throwIfNoEntry: false }));
  }
}
