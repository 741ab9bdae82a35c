import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxDriver } from '../driver/index.ts';
import { parseRuntime, pinnedImageOf } from '../runtimes/index.ts';
import type { Store } from '../store/index.ts';

/**
 * Removes the images that no version of a function needs any more. Removes nothing if one of the packages that name an
 * image cannot be read: it may need any of them.
 */
export async function removeUnusedImages({ catalogue, artifacts }: Store, driver: SandboxDriver): Promise<void> {
  const kept = new Set<string>();
  for (const name of catalogue.view.names()) {
    for (const { artifact, config } of Object.values(catalogue.view.record(name)?.versions ?? {})) {
      const entry = parseRuntime(config.runtime)?.descriptor.entry;
      if (entry?.kind !== 'image') continue;
      const pinned = pinnedImageOf(await readFile(join(await artifacts.ensure(artifact), entry.file), 'utf8'));
      if (pinned === undefined) return;
      kept.add(pinned.id);
    }
  }
  await driver.removeImages(kept);
}
