import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import type { TarEntry, TarSource } from '../base/tar.ts';

/** An entry of an image, made of what this machine has at the same path. */
export type ImageEntry = TarEntry | TarSource;

/** Which names below a folder are left out. */
export type LeftOut = (name: string) => boolean;

/** Returns a test for names, where `*` at the end of one stands for any ending. Pure. */
export function leftOut(names: readonly string[]): LeftOut {
  const whole = new Set(names.filter((name) => !name.endsWith('*')));
  const beginnings = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  return (name) => whole.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}

/**
 * Files of this machine by their paths, with the folders and links that lead there: a file is found in the image where it
 * is found here.
 */
export class ImageFiles {
  readonly #entries = new Map<string, ImageEntry>();

  /** All entries, folders before what is in them. */
  get entries(): readonly ImageEntry[] {
    return [...this.#entries.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Paths on this machine of the files so far. */
  get files(): readonly string[] {
    return [...this.#entries.values()].flatMap((entry) => (entry.kind === 'source' ? [entry.source] : []));
  }

  /** Adds an entry that is not taken from this machine, unless there is one of its path. */
  addMade(entry: TarEntry): void {
    if (!this.#entries.has(entry.path)) this.#entries.set(entry.path, entry);
  }

  /** Adds a file of this machine at another path of the image. */
  async addAt(path: string, source: string): Promise<void> {
    const { size } = await stat(source);
    this.#entries.set(path, { kind: 'source', path, mode: 0o755, source, size });
  }

  /** Adds a file or a folder with its content; follows links. Nothing happens for a path that does not exist. */
  async add(path: string, isLeftOut: LeftOut = () => false): Promise<void> {
    const real = await this.#lead(path);
    if (real === undefined) return;
    const stats = await lstat(real).catch(() => undefined);
    if (stats?.isFile() === true) this.#addFile(real, stats.mode, stats.size);
    else if (stats?.isDirectory() === true) await this.#addFolder(real, isLeftOut);
  }

  async #addFolder(folder: string, isLeftOut: LeftOut): Promise<void> {
    for (const child of await readdir(folder, { withFileTypes: true })) {
      if (isLeftOut(child.name)) continue;
      const path = join(folder, child.name);
      if (child.isDirectory()) {
        this.addMade({ kind: 'directory', path: inImage(path), mode: 0o755 });
        await this.#addFolder(path, isLeftOut);
      } else if (child.isSymbolicLink() || child.isFile()) await this.add(path, isLeftOut);
    }
  }

  #addFile(path: string, mode: number, size: number): void {
    const entry: TarSource = { kind: 'source', path: inImage(path), mode: mode & 0o755, source: path, size };
    if (!this.#entries.has(entry.path)) this.#entries.set(entry.path, entry);
  }

  /** Adds the folders and links on the way to a path; returns the real path, undefined where there is none. */
  async #lead(path: string, depth = 0): Promise<string | undefined> {
    // As many links as the kernel follows.
    if (depth > 40) return undefined;
    const parent = dirname(path);
    const folder = parent === '/' ? '/' : await this.#lead(parent, depth);
    if (folder === undefined) return undefined;
    const at = join(folder, posix.basename(path));
    const stats = await lstat(at).catch(() => undefined);
    if (stats?.isSymbolicLink() === true) {
      const target = await readlink(at);
      this.addMade({ kind: 'symlink', path: inImage(at), target });
      return this.#lead(resolve(folder, target), depth + 1);
    }
    if (stats?.isDirectory() === true) this.addMade({ kind: 'directory', path: inImage(at), mode: 0o755 });
    return stats === undefined ? undefined : at;
  }
}

function inImage(path: string): string {
  return path.slice(1);
}
