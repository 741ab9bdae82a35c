import { watch, type FSWatcher } from 'node:fs';

/** Changed names by folder, or that any may have changed. */
export type Changes = ReadonlyMap<string, ReadonlySet<string> | 'all'>;

/** Changes are collected for this long (ms). */
const COLLECT_MS = 30;
/** Of more changed names than this the whole folder is read. */
const MOST_NAMES = 200;
/**
 * After so many announcements in a row, some may have been lost: the system keeps 16,384 of them for all folders together,
 * and Node does not say when it drops others.
 */
const FLOOD = 4096;
/** Announcements with a pause of this between them are not in a row (ms). */
const PAUSE_MS = 100;

/** Notices that so much is announced that some of it may be lost, which concerns all watches of the process. */
export class Flood {
  readonly #watches = new Set<ChangeWatch>();
  #announced = 0;
  #timer: NodeJS.Timeout | undefined;

  add(watch: ChangeWatch): void {
    this.#watches.add(watch);
  }

  remove(watch: ChangeWatch): void {
    this.#watches.delete(watch);
  }

  announced(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#pause(), PAUSE_MS).unref();
    if (++this.#announced < FLOOD) return;
    this.#announced = 0;
    for (const one of this.#watches) one.suspectAll();
  }

  #pause(): void {
    this.#timer = undefined;
    this.#announced = 0;
  }
}

/** Listens to what the system announces of folders. */
export class ChangeWatch {
  readonly #flood: Flood;
  readonly #tell: (changes: Changes) => Promise<void>;
  readonly #watchers = new Map<string, FSWatcher>();
  /** Folders of which changes are not announced. */
  readonly #unwatched = new Set<string>();
  #changes = new Map<string, Set<string> | 'all'>();
  #timer: NodeJS.Timeout | undefined;
  #isTelling = false;
  #isClosed = false;

  /** @param tell is called with what changed, and not again before it has ended */
  constructor(flood: Flood, tell: (changes: Changes) => Promise<void>) {
    this.#flood = flood;
    this.#tell = tell;
    flood.add(this);
  }

  /** Whether changes of some folder are not announced. */
  get isBlind(): boolean {
    return this.#unwatched.size > 0;
  }

  /** Watches a folder, anew if it was watched. */
  add(folder: string, path: string): void {
    this.remove(folder);
    if (this.#isClosed) return;
    try {
      const watcher = watch(path, { persistent: false }, (_, name) => this.#changed(folder, name));
      this.#watchers.set(folder, watcher);
      watcher.on('error', () => {
        if (this.#watchers.get(folder) !== watcher) return;
        this.remove(folder);
        this.#unwatched.add(folder);
        this.suspect(folder);
      });
    } catch {
      // It was removed in the meantime, or the system can watch no more folders; comparisons find what changes.
      this.#unwatched.add(folder);
    }
  }

  remove(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    this.#unwatched.delete(folder);
  }

  /** Has a folder read again. */
  suspect(folder: string): void {
    this.#changes.set(folder, 'all');
    this.#schedule();
  }

  /** Has all folders read again. */
  suspectAll(): void {
    for (const folder of this.#watchers.keys()) this.#changes.set(folder, 'all');
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    this.#flood.remove(this);
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #changed(folder: string, name: string | null): void {
    if (this.#isClosed) return;
    this.#flood.announced();
    const names = this.#changes.get(folder) ?? new Set<string>();
    if (names === 'all') return;
    if (name === null || names.size >= MOST_NAMES) this.#changes.set(folder, 'all');
    else this.#changes.set(folder, names.add(name));
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isClosed || this.#isTelling || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#flush(), COLLECT_MS);
    this.#timer.unref();
  }

  async #flush(): Promise<void> {
    this.#timer = undefined;
    const changes = this.#changes;
    this.#changes = new Map();
    this.#isTelling = true;
    await this.#tell(changes);
    this.#isTelling = false;
    if (this.#changes.size > 0) this.#schedule();
  }
}
