import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILD_DIGEST } from '../src/cli/asset-names.ts';

/**
 * Writes a digest of the bundles and assets in `outDir` beside them, by which a command recognizes a daemon of another
 * build. Builds of the same files have the same.
 */
export async function writeBuildDigest(outDir: string): Promise<void> {
  const hash = createHash('sha256');
  for (const path of (await readdir(outDir, { recursive: true })).toSorted()) {
    if (!isBuilt(path)) continue;
    const content = await readFile(join(outDir, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EISDIR') throw error;
    });
    if (content !== undefined) hash.update(`${path}\0${content.length}\0`).update(content);
  }
  await writeFile(join(outDir, BUILD_DIGEST), hash.digest('hex'));
}

function isBuilt(path: string): boolean {
  // The entry of the single file is no part of the npm package, and is there only after `npm run build:binary`.
  if (path === 'lam-binary.cjs') return false;
  // Python writes its bytecode beside the bootstrap when a function first runs.
  if (path.includes('__pycache__')) return false;
  return path.endsWith('.cjs') || path.startsWith('assets');
}
