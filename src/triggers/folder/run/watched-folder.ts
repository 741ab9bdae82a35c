import type { BigIntStats } from 'node:fs';
import { resolve } from 'node:path';
import { lamError, type LamError } from '../../../errors/index.ts';
import { Semaphore } from '../../../kit/index.ts';
import type { RunningTrigger, TriggerHost, TriggerReport } from '../../running.ts';
import { selectingOf, selectionOf } from '../selection.ts';
import { FOLDER_DEFAULTS, type FolderEvent, type FolderTrigger } from '../settings.ts';
import type { Flood } from './change-watch.ts';
import { readContent } from './file-content.ts';
import { fileEvent, type FileChange } from './file-event.ts';
import { hasLastingInodes, isOf, keptText, versionOf, type FileVersion } from './file-version.ts';
import { FolderTree } from './folder-tree.ts';
import { keptFolderOf, type KeptFolder } from './kept-folder.ts';
import { KnownFiles } from './known-files.ts';
import { Resting, type Sighting } from './resting.ts';

/** What is noted of a file that is not there. */
const GONE = 'gone';
/** A file that was moved here is looked at again after this time, in case that it is being written after all (ms). */
const MOVED_REST_MS = 100;
/** How often it is checked that the folder is still the same one (ms), which is not always announced. */
const CHECK_EVERY_MS = 5000;
/** Longest time between comparisons where the system announces no changes (ms). */
const BLIND_POLL_MS = 5000;
/** Comparisons take at most this part of the time. */
const POLL_SHARE = 20;
/** Times of files are up to this much behind the clock (ms). */
const COARSE_MS = 10;
/** How many files are read at the same time. */
const READS_AT_ONCE = 2;

/** A folder that is watched: queues an event for each file that changed, and keeps what it has queued. */
export class WatchedFolder implements RunningTrigger<FolderTrigger> {
  readonly #config: FolderTrigger;
  readonly #host: TriggerHost;
  readonly #root: string;
  readonly #tree: FolderTree;
  readonly #resting: Resting;
  readonly #known: KnownFiles;
  readonly #reads = new Semaphore(READS_AT_ONCE);
  readonly #cancels = new Set<() => void>();
  /** Whether a file that is not known was there before the trigger, so that it counts as known. */
  #isOld: (key: string, found: FileVersion) => boolean = () => false;
  #withInode = false;
  #sequence = 0;

  constructor(config: FolderTrigger, host: TriggerHost, flood: Flood) {
    this.#config = config;
    this.#host = host;
    this.#root = resolve(config.path);
    this.#known = new KnownFiles(host.kept.entries);
    this.#resting = new Resting(
      host.clock,
      (sighting) => this.#settle(sighting),
      (error) => host.failed(error),
    );
    this.#tree = new FolderTree(
      {
        root: this.#root,
        selection: selectionOf(config),
        flood,
        home: host.home,
        unusable: (what) => this.#unusable(what),
      },
      {
        look: (key, stat) => this.#look(key, stat),
        seenIn: (folder) => this.#known.in(folder),
        foldersSeen: () => this.#known.folders(),
        failed: (error) => host.failed(error),
      },
    );
  }

  /** Continues where an earlier daemon ended. Rejects with `LAM_TRIGGERS_FOLDER_UNUSABLE`. */
  async start(): Promise<void> {
    const { device, fileSystem, isEmpty, isPrivate } = await this.#tree.open();
    if (isPrivate) throw this.#unusable("it is lam's own");
    const before = keptFolderOf(this.#host.kept.get());
    if (isEmpty && before?.path === this.#root && before.device !== device && !this.#known.isEmpty)
      throw this.#unusable('it is empty and on another file system than before, as if nothing was mounted there');
    this.#withInode = hasLastingInodes(fileSystem);
    const now: KeptFolder = { path: this.#root, selecting: selectingOf(this.#config), device };
    this.#adopt(before);
    await this.#tree.begin();
    this.#isOld = () => false;
    this.#host.kept.set(now);
    await this.#host.kept.settled();
    if (this.#host.signal.aborted) return;
    this.#cancels.add(this.#host.clock.every(CHECK_EVERY_MS, () => void this.#check()));
    this.#poll(0);
  }

  async stop(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    await this.#tree.close();
    await this.#resting.close();
  }

  report(): TriggerReport {
    const lag = this.#resting.size;
    return { lag, held: lag };
  }

  /** Decides what files that are not known mean, and forgets those that no longer count. */
  #adopt(before: KeptFolder | undefined): void {
    const { existing = FOLDER_DEFAULTS.existing } = this.#config;
    const former = before?.path === this.#root ? selectionOf(before.selecting) : undefined;
    const selection = selectionOf(this.#config);
    for (const folder of this.#known.folders())
      for (const key of this.#known.in(folder))
        if (former === undefined || !selection.selects(key)) this.#known.set(key, undefined);
    // A file that counted before and is not known has come since, and so has one that changed after these settings went live.
    this.#isOld = (key, found) =>
      !existing && former?.selects(key) !== true && found.changedAt < this.#host.liveSince - COARSE_MS;
  }

  #look(key: string, stat: BigIntStats | undefined): void {
    const known = this.#known.get(key);
    const found = versionOf(stat, this.#withInode);
    if (found === undefined) {
      if (known === undefined) this.#resting.drop(key);
      else this.#resting.note(key, GONE, this.#restMs);
    } else if (isOf(known, found)) this.#resting.drop(key);
    else if (known === undefined && this.#isOld(key, found)) this.#known.set(key, keptText(found));
    else this.#note(key, found);
  }

  #note(key: string, found: FileVersion): void {
    this.#resting.note(key, found.version, found.isMoved ? Math.min(MOVED_REST_MS, this.#restMs) : this.#restMs);
  }

  get #restMs(): number {
    return (this.#config.stableFor ?? FOLDER_DEFAULTS.stableFor) * 1000;
  }

  /** Reports what was seen, if it is still so. */
  async #settle({ key, what }: Sighting): Promise<void> {
    if (this.#host.signal.aborted) return;
    const stat = await this.#tree.now(key);
    const found = versionOf(stat, this.#withInode);
    if (found !== undefined && found.version !== what) this.#note(key, found);
    else if (found !== undefined) await this.#created(key, found);
    else if (what === GONE) await this.#removed(key);
    else this.#look(key, undefined);
  }

  async #created(key: string, version: FileVersion): Promise<void> {
    if (isOf(this.#known.get(key), version)) return;
    if (this.#reports('created')) {
      const queue = (more: Partial<FileChange>): Promise<void> => {
        const change = this.#changeOf(key, `${key}@${keptText(version)}`);
        return this.#queue(change.id, { ...change.change, version, ...more });
      };
      if (this.#config.content === true) {
        const isSame = await this.#reads.run(async () => {
          const read = await readContent(this.#root, key);
          const after = versionOf(read?.stat, this.#withInode);
          if (read === undefined || after?.version !== version.version) return false;
          await queue({ content: read.content });
          return true;
        });
        if (!isSame) {
          this.#look(key, await this.#tree.now(key));
          return;
        }
      } else await queue({});
    }
    this.#known.set(key, keptText(version));
  }

  async #removed(key: string): Promise<void> {
    const known = this.#known.get(key);
    if (known === undefined) return;
    // A folder that is no longer mounted is not one whose files were removed.
    await this.#tree.check();
    if (this.#reports('removed')) {
      const { id, change } = this.#changeOf(key, `${key}@${known} removed`);
      await this.#queue(id, change);
    }
    this.#known.set(key, undefined);
  }

  #reports(event: FolderEvent): boolean {
    return (this.#config.events ?? FOLDER_DEFAULTS.events).includes(event);
  }

  #changeOf(key: string, id: string): { readonly id: string; readonly change: FileChange } {
    const { clock, name } = this.#host;
    const at = clock.now();
    this.#sequence = Math.max(this.#sequence + 1, at * 1000);
    const requestId = this.#host.requestIdOf(id);
    return { id, change: { folder: this.#root, trigger: name, key, at, requestId, sequence: this.#sequence } };
  }

  async #queue(id: string, change: FileChange): Promise<void> {
    await this.#host.enqueue({ id, event: fileEvent(change, this.#host.arns) });
  }

  async #check(): Promise<void> {
    try {
      await this.#tree.check();
    } catch (error) {
      this.#host.failed(error);
    }
  }

  /** Compares the folder with what is known again and again. @param tookMs how long the last comparison took */
  #poll(tookMs: number): void {
    const { clock, signal } = this.#host;
    const intervalMs = (this.#config.pollInterval ?? FOLDER_DEFAULTS.pollInterval) * 1000;
    const pauseMs = this.#tree.isBlind ? Math.min(intervalMs, BLIND_POLL_MS) : intervalMs;
    const cancel = clock.after(Math.max(pauseMs, POLL_SHARE * tookMs), () => {
      this.#cancels.delete(cancel);
      const began = clock.monotonic();
      void this.#tree.compare().then(() => {
        if (!signal.aborted) this.#poll(clock.monotonic() - began);
      });
    });
    this.#cancels.add(cancel);
  }

  #unusable(what: string): LamError {
    return lamError('LAM_TRIGGERS_FOLDER_UNUSABLE', { name: this.#host.functionName, path: this.#root, what });
  }
}
