import { stat } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import { dynamicSection, type DynamicSection } from './elf.ts';
import { entrypointError, type EntrypointError, type EntrypointPlace } from './entrypoint.ts';
import { readProgram } from './read-program.ts';

/** Where a program that did not start was to run. */
export interface LibraryPlace extends EntrypointPlace {
  /** Resolves with a file's content, at an absolute path; undefined where it cannot be read. */
  read(path: string): Promise<Buffer | undefined>;
  /** Folder of the code as the program sees it. */
  readonly taskRoot: string;
  /** `LD_LIBRARY_PATH` of the program; empty without it. */
  readonly libraryPath: string;
}

/** Folders that loaders search by default, by glibc's and musl's sources and Debian's settings. */
const DEFAULT_FOLDERS = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib'];
/** Debian's names of architectures in folders of libraries, by `process.arch`. */
const MULTIARCH: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
const CACHE = '/etc/ld.so.cache';
/** Places that are looked at for one program, each by a request to the engine in a container. */
const MOST_LOOKS = 5000;

/**
 * Null when `place` has the shared libraries, in the versions, that the executable `file` in `codeDir` (a host folder)
 * and the libraries beside it need; else what is missing. Reads whole files: for programs that did not start.
 */
export async function checkLibraries(
  codeDir: string,
  file: string,
  place: LibraryPlace,
): Promise<EntrypointError | null> {
  const search = new LibrarySearch(codeDir, place);
  const missing = await search.missing(posix.join(place.taskRoot, file));
  return missing === undefined ? null : entrypointError(file, missing);
}

class LibrarySearch {
  readonly #codeDir: string;
  readonly #place: LibraryPlace;
  #cache: Promise<Buffer | undefined> | undefined;
  #looksLeft = MOST_LOOKS;

  constructor(codeDir: string, place: LibraryPlace) {
    this.#codeDir = codeDir;
    this.#place = place;
  }

  /** Follows the libraries of the package; those of the system are taken to be whole. */
  async missing(program: string): Promise<string | undefined> {
    const waiting = [program];
    const seen = new Set(waiting);
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const section = await this.#sectionOf(path);
      if (section === undefined) continue;
      const who = path === program ? 'it' : `its library ${posix.relative(this.#place.taskRoot, path)}`;
      for (const name of section.needed) {
        const found = await this.#find(name, path, section);
        // A program that names so many places is made to.
        if (this.#looksLeft < 0) return undefined;
        if (found === undefined)
          return `${who} needs the shared library ${name}, which neither the package nor ${this.#place.title} has; package it and link with -rpath '$ORIGIN/...', or link statically`;
        const version = await this.#missingVersion(found, section.neededVersions.get(name) ?? []);
        if (version !== undefined)
          return `${who} needs ${version} of ${name}, which the one of ${this.#place.title} does not have; build it on an older system, or link it statically`;
        if (this.#isPackaged(found) && !seen.has(found)) {
          seen.add(found);
          waiting.push(found);
        }
      }
    }
    return undefined;
  }

  /** The path of a library that `user`, a path, needs. */
  async #find(name: string, user: string, { folders }: DynamicSection): Promise<string | undefined> {
    if (name.includes('/')) {
      // Whether it is of the package must not depend on how it is written.
      const path = posix.normalize(name);
      return (await this.#exists(path)) ? path : undefined;
    }
    const origin = posix.dirname(user);
    const own = folders.map((folder) => folder.replace(/\$ORIGIN|\$\{ORIGIN\}/g, () => origin));
    const multiarch = MULTIARCH[process.arch];
    const debian = multiarch === undefined ? [] : [`/lib/${multiarch}`, `/usr/lib/${multiarch}`];
    const listed = this.#place.libraryPath.split(':').filter((folder) => folder !== '');
    for (const folder of [...own, ...listed, ...debian, ...DEFAULT_FOLDERS]) {
      this.#looksLeft -= 1;
      if (this.#looksLeft < 0) return undefined;
      const path = posix.join(folder, name);
      if (await this.#exists(path)) return path;
    }
    return this.#inCache(name);
  }

  /** The path in the loader's cache, which lists all libraries of its folders. */
  async #inCache(name: string): Promise<string | undefined> {
    this.#cache ??= this.#place.read(CACHE);
    const cache = await this.#cache;
    const end = cache?.indexOf(`/${name}\0`) ?? -1;
    if (cache === undefined || end === -1) return undefined;
    return cache.toString('utf8', cache.lastIndexOf(0, end) + 1, end + 1 + Buffer.byteLength(name));
  }

  async #missingVersion(library: string, needed: readonly string[]): Promise<string | undefined> {
    if (needed.length === 0) return undefined;
    const defined = (await this.#sectionOf(library))?.definedVersions ?? [];
    return defined.length === 0 ? undefined : needed.find((version) => !defined.includes(version));
  }

  async #sectionOf(path: string): Promise<DynamicSection | undefined> {
    const content = this.#isPackaged(path) ? await readProgram(this.#onHost(path)) : await this.#place.read(path);
    return content === undefined ? undefined : dynamicSection(content);
  }

  async #exists(path: string): Promise<boolean> {
    if (!this.#isPackaged(path)) return this.#place.exists(path);
    const found = await stat(this.#onHost(path)).catch(() => undefined);
    return found?.isFile() === true;
  }

  #isPackaged(path: string): boolean {
    return path.startsWith(`${this.#place.taskRoot}/`);
  }

  #onHost(path: string): string {
    return join(this.#codeDir, relative(this.#place.taskRoot, path));
  }
}
