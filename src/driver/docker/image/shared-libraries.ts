import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { eachLimited } from '../../../kit/index.ts';

/** The first bytes of an ELF file. */
const MAGIC = Buffer.from('\x7fELF', 'latin1');
/** Files that one run of ldd is given. */
const FILES = 64;
const LDD_MS = 60_000;

/** Returns the paths of the shared libraries, and of the loader, that files of this machine need; asks `ldd`. */
export async function sharedLibraries(files: readonly string[]): Promise<readonly string[]> {
  const programs: string[] = [];
  await eachLimited(files, 16, async (file) => {
    if (await isElf(file)) programs.push(file);
  });
  const found = new Set<string>();
  for (let at = 0; at < programs.length; at += FILES)
    for (const [, path] of (await ldd(programs.slice(at, at + FILES))).matchAll(/(?:=> |^\t)(\/\S+) \(0x/gm))
      if (path !== undefined) found.add(path);
  return [...found];
}

async function isElf(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    return bytesRead === MAGIC.length && buffer.equals(MAGIC);
  } finally {
    await file.close();
  }
}

/** It fails for files that are linked statically, and prints what it found of the others. */
function ldd(files: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('ldd', files, { timeout: LDD_MS, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => resolve(stdout));
  });
}
