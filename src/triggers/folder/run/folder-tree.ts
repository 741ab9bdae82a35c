import type { BigIntStats } from 'node:fs';
import { lstat, opendir, realpath, stat, statfs } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { errnoOf, type LamError } from '../../../errors/index.ts';
import { eachLimited, Mutex } from '../../../kit/index.ts';
import type { Selection } from '../selection.ts';
import { ChangeWatch, type Changes, type Flood } from './change-watch.ts';
import { keyIn } from './known-files.ts';

/** Whom a tree tells what it sees. */
export interface TreeObserver {
  /** A selected file as it is now; undefined: there is none (any more). */
  look(key: string, stat: BigIntStats | undefined): void;
  /** Keys of the files that were seen directly in a folder before. */
  seenIn(folder: string): readonly string[];
  /** Folders in which files were seen before. */
  foldersSeen(): readonly string[];
  /** Called once when the tree can be watched no longer. */
  failed(error: unknown): void;
}

/** What a tree needs. */
export interface TreeParts {
  /** Absolute path. */
  readonly root: string;
  readonly selection: Selection;
  readonly flood: Flood;
  /** A folder that is left out, with all in it. */
  readonly home: string;
  /** Makes the error of a folder that cannot be watched. */
  unusable(what: string): LamError;
}

/** What is known of a folder before it is read. */
export interface FoundFolder {
  /** Number of its device. */
  readonly device: string;
  /** Type of its file system. */
  readonly fileSystem: number;
  readonly isEmpty: boolean;
  /** Whether it is the folder that is left out, or in it. */
  readonly isPrivate: boolean;
}

/** A folder of a tree. */
interface Folder {
  readonly identity: string;
  readonly subfolders: Set<string>;
}

/** How many files are looked at at the same time. */
const AT_ONCE = 16;

/**
 * The selected files of a folder. What the system announces only says where to look; what counts is what is found there.
 * Folders are watched before they are read, so that nothing comes between. Symbolic links are not followed, except for
 * the folder itself.
 */
export class FolderTree {
  readonly #root: string;
  readonly #selection: Selection;
  readonly #observer: TreeObserver;
  readonly #watch: ChangeWatch;
  readonly #unusable: (what: string) => LamError;
  readonly #mutex = new Mutex();
  /** By key; the root is ''. */
  readonly #folders = new Map<string, Folder>();
  readonly #home: string;
  #identity = '';
  /** Identity of the folder that is left out. */
  #homeIdentity: string | undefined;
  #isClosed = false;

  constructor({ root, selection, flood, home, unusable }: TreeParts, observer: TreeObserver) {
    this.#root = root;
    this.#selection = selection;
    this.#observer = observer;
    this.#unusable = unusable;
    this.#home = home;
    this.#watch = new ChangeWatch(flood, (changes) => this.#locked(() => this.#follow(changes)));
  }

  /** Whether the system announces no changes of some folder. */
  get isBlind(): boolean {
    return this.#watch.isBlind;
  }

  /** Finds the folder. Rejects if it cannot be watched. */
  async open(): Promise<FoundFolder> {
    const found = await this.#rootNow();
    this.#identity = identityOf(found);
    const [{ type }, first] = await Promise.all([statfs(this.#root), readFirst(this.#root)]).catch((error: unknown) => {
      throw this.#unusable(wordsOf(error));
    });
    const home = await lstatOf(this.#home);
    this.#homeIdentity = home === undefined ? undefined : identityOf(home);
    const isPrivate = await isWithin(this.#root, this.#home);
    return { device: String(found.dev), fileSystem: type, isEmpty: first === undefined, isPrivate };
  }

  /** Begins to watch, and looks at all files. Rejects if the folder cannot be read. */
  begin(): Promise<void> {
    return this.#mutex.run(() => this.#scanAll());
  }

  /** Compares all folders with what was seen. */
  compare(): Promise<void> {
    return this.#locked(() => this.#scanAll());
  }

  /** Rejects if the folder was removed or replaced. */
  async check(): Promise<void> {
    if (identityOf(await this.#rootNow()) !== this.#identity) throw this.#unusable('it was replaced by another one');
  }

  /** Returns what is at a key; undefined: nothing, or something behind a link. */
  now(key: string): Promise<BigIntStats | undefined> {
    return lstatOf(join(this.#root, key));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.close();
    await this.#mutex.run(() => Promise.resolve());
  }

  /** Runs one task at a time; a failure ends the tree. */
  #locked(task: () => Promise<void>): Promise<void> {
    return this.#mutex.run(async () => {
      if (this.#isClosed) return;
      try {
        await task();
      } catch (error) {
        if (!this.#isClosed) this.#observer.failed(error);
      }
    });
  }

  async #rootNow(): Promise<BigIntStats> {
    let found: BigIntStats;
    try {
      found = await stat(this.#root, { bigint: true });
    } catch (error) {
      throw this.#unusable(wordsOf(error));
    }
    if (!found.isDirectory()) throw this.#unusable('it is not a folder');
    return found;
  }

  async #scanAll(): Promise<void> {
    await this.#scan('', true);
    for (const folder of this.#observer.foldersSeen())
      if (!this.#folders.has(folder)) this.#lookForGone(this.#observer.seenIn(folder));
    await this.check();
  }

  async #follow(changes: Changes): Promise<void> {
    for (const [folder, names] of changes) {
      if (this.#isClosed) return;
      if (!this.#folders.has(folder)) continue;
      if (names === 'all') await this.#scan(folder, false);
      else await eachLimited(names, AT_ONCE, (name) => this.#inspect(folder, name));
    }
    await this.check();
  }

  /** Looks at one name in a folder. */
  async #inspect(folder: string, name: string): Promise<void> {
    const key = keyIn(folder, name);
    const found = await this.now(key);
    if (found?.isDirectory() === true) {
      if (this.#selection.enters(key) && this.#folders.get(key)?.identity !== identityOf(found))
        await this.#scan(key, true);
    } else this.#forget(key);
    if (this.#selection.selects(key)) this.#observer.look(key, found);
  }

  /** Reads a folder, and its subfolders if they are new or `isDeep`. */
  async #scan(folder: string, isDeep: boolean): Promise<void> {
    const former = this.#folders.get(folder)?.subfolders ?? new Set<string>();
    const identity = await this.#enter(folder);
    if (identity === undefined) return;
    const subfolders = new Set<string>();
    this.#folders.set(folder, { identity, subfolders });
    const gone = new Set(this.#observer.seenIn(folder));
    const isWhole = await this.#read(folder, { subfolders, gone });
    const after = await this.#folderAt(folder);
    if (!isWhole || after === undefined || identityOf(after) !== identity) {
      for (const key of former) subfolders.add(key);
      if (isWhole) this.#watch.suspect(folder);
      return;
    }
    this.#lookForGone(gone);
    for (const key of former) if (!subfolders.has(key)) this.#forget(key);
    for (const key of subfolders) if (isDeep || (await this.#isNew(key))) await this.#scan(key, isDeep);
  }

  /** Watches a folder before it is read, and returns its identity; undefined if there is none, which is then forgotten. */
  async #enter(folder: string): Promise<string | undefined> {
    if (this.#isClosed) return undefined;
    const found = await this.#folderAt(folder);
    if (found === undefined) {
      this.#forget(folder);
      return undefined;
    }
    const identity = identityOf(found);
    if (this.#folders.get(folder)?.identity !== identity) this.#watch.add(folder, join(this.#root, folder));
    return identity;
  }

  /** Whether a subfolder is not the one that was read. */
  async #isNew(key: string): Promise<boolean> {
    const known = this.#folders.get(key);
    const found = known === undefined ? undefined : await this.now(key);
    return found === undefined || known?.identity !== identityOf(found);
  }

  /** Looks at the files in a folder, and removes from `gone` what is there. Returns whether the folder could be read. */
  async #read(folder: string, into: { subfolders: Set<string>; gone: Set<string> }): Promise<boolean> {
    const path = join(this.#root, folder);
    try {
      let keys: string[] = [];
      for await (const entry of await opendir(path, { bufferSize: 256 })) {
        const key = keyIn(folder, entry.name);
        if (entry.isDirectory() && this.#selection.enters(key)) into.subfolders.add(key);
        if (!this.#selection.selects(key) || entry.isDirectory()) continue;
        into.gone.delete(key);
        keys.push(key);
        if (keys.length < 1024) continue;
        await this.#lookAt(keys);
        keys = [];
      }
      await this.#lookAt(keys);
      return true;
    } catch (error) {
      if (folder === '') throw this.#unusable(wordsOf(error));
      // What is in a subfolder that may not be read stays as it was.
      return false;
    }
  }

  #lookAt(keys: readonly string[]): Promise<void> {
    return eachLimited(keys, AT_ONCE, async (key) => this.#observer.look(key, await this.now(key)));
  }

  #lookForGone(keys: Iterable<string>): void {
    for (const key of keys) this.#observer.look(key, undefined);
  }

  /** Forgets a folder that is not there any more, with all below it. */
  #forget(folder: string): void {
    const known = this.#folders.get(folder);
    if (known === undefined) return;
    this.#folders.delete(folder);
    this.#watch.remove(folder);
    this.#lookForGone(this.#observer.seenIn(folder));
    for (const subfolder of known.subfolders) this.#forget(subfolder);
  }

  /** The folder at a key, unless there is none. Rejects if it is the root. */
  async #folderAt(folder: string): Promise<BigIntStats | undefined> {
    if (folder === '') {
      await this.check();
      return this.#rootNow();
    }
    const found = await this.now(folder);
    return found?.isDirectory() === true && identityOf(found) !== this.#homeIdentity ? found : undefined;
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** Whether a path leads to a folder, or to something in it. */
async function isWithin(path: string, folder: string): Promise<boolean> {
  const [real, realFolder] = await Promise.all([path, folder].map((one) => realpath(one).catch(() => one)));
  const way = relative(realFolder as string, real as string);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

/** The first name in a folder. */
async function readFirst(path: string): Promise<string | undefined> {
  for await (const { name } of await opendir(path)) return name;
  return undefined;
}

async function lstatOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG'].includes(code)) return undefined;
    throw error;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: "the daemon's user may not read it",
  EPERM: "the daemon's user may not read it",
  ELOOP: 'its path has too many symbolic links',
  EMFILE: 'the daemon has too many open files',
  EIO: 'the disk reports an error',
  ESTALE: 'the server of its file system no longer knows it',
};

/** The cause of a failed system call in words. */
function wordsOf(error: unknown): string {
  const code = errnoOf(error) ?? '';
  return WORDS[code] ?? (code === '' ? String(error) : code);
}
