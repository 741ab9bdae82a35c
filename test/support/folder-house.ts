import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TriggerConfig, TriggerDetail } from '../../src/contract/index.ts';
import { systemClock, type Clock } from '../../src/kit/index.ts';
import { folder } from '../../src/triggers/folder/folder.ts';
import { DeployedTriggers, TriggerSupervisor } from '../../src/triggers/supervisor/index.ts';
import { asFunctionName, asRequestId } from './ids.ts';
import { MemoryStates } from './memory-states.ts';
import { ARNS } from './arns.ts';

/** A record of an event, as a handler reads it. */
export interface FileRecord {
  readonly eventSource: string;
  readonly eventName: string;
  readonly s3: {
    readonly bucket: { readonly name: string };
    readonly object: {
      readonly key: string;
      readonly size?: number;
      readonly eTag?: string;
      readonly sequencer: string;
    };
  };
  readonly lam: { readonly path: string; readonly content?: string; readonly contentOmitted?: string };
}

/** Runs twenty times as fast as the system's, so that nobody waits long for the next start. */
export const QUICK_CLOCK: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * 20,
  after: (ms, run) => systemClock.after(ms / 20, run),
  every: (ms, run) => systemClock.every(ms / 20, run),
};

/** A folder and a daemon that watches it, whose queue accepts each id once. */
export class FolderHouse implements AsyncDisposable {
  readonly root: string;
  readonly states: MemoryStates;
  /** Ids that the queue knows. */
  readonly ids: Set<string>;
  /** What was queued. */
  readonly records: FileRecord[];
  /** How often the queue was given an id that it knew. */
  repeated = 0;
  /** What the queue rejects with, if set. */
  failure: Error | undefined;
  #triggers: readonly TriggerConfig[] = [];
  readonly #listeners: ((change: { readonly name: ReturnType<typeof asFunctionName> }) => void)[] = [];
  readonly #supervisor: TriggerSupervisor;
  readonly #clock: Clock;

  private constructor(root: string, clock: Clock, before?: FolderHouse) {
    this.#clock = clock;
    this.root = root;
    this.states = before?.states ?? new MemoryStates();
    this.ids = before?.ids ?? new Set();
    this.records = before?.records ?? [];
    const name = asFunctionName('f');
    this.#supervisor = new TriggerSupervisor({
      kinds: [folder],
      deployed: new DeployedTriggers({
        names: () => [name],
        triggersOf: () => this.#triggers,
        onChange: (listener) => this.#listeners.push(listener),
      }),
      clock,
      deliver: () => {
        throw new Error('folders queue their events');
      },
      enqueue: ({ id, event }) => {
        if (this.failure !== undefined) return Promise.reject(this.failure);
        if (this.ids.has(id)) {
          this.repeated++;
          return Promise.resolve('known');
        }
        this.ids.add(id);
        const { Records } = JSON.parse(Buffer.from(event).toString()) as { Records: FileRecord[] };
        this.records.push(...Records);
        return Promise.resolve('accepted');
      },
      follow: () => Promise.resolve(false),
      requestIdOf: ({ id }) => asRequestId(id),
      expect: () => undefined,
      variable: () => undefined,
      receive: () => () => undefined,
      arns: ARNS,
      home: join(root, 'home'),
      states: this.states,
      onTrouble: () => undefined,
    });
  }

  /** Makes a folder and a daemon. */
  static async make(clock: Clock = systemClock): Promise<FolderHouse> {
    return new FolderHouse(await realpath(await mkdtemp(join(tmpdir(), 'lam-folder-'))), clock);
  }

  /** Another daemon, with what this one has kept; the folder is then its. */
  next(): FolderHouse {
    return new FolderHouse(this.root, this.#clock, this);
  }

  path(key: string): string {
    return join(this.root, key);
  }

  /** Watches the folder, and waits until that has begun or failed. */
  async watch(settings: object = {}): Promise<TriggerDetail> {
    this.#triggers = [{ type: 'folder', path: this.root, name: 'inbox', stableFor: 0.1, ...settings }];
    for (const listener of this.#listeners) listener({ name: asFunctionName('f') });
    this.#supervisor.start();
    return this.reaches(({ state }) => state !== 'starting');
  }

  async state(): Promise<TriggerDetail> {
    const [first] = await this.#supervisor.list();
    if (first === undefined) throw new Error('there is a trigger');
    return first;
  }

  async reaches(is: (state: TriggerDetail) => boolean): Promise<TriggerDetail> {
    for (;;) {
      const now = await this.state();
      if (is(now)) return now;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Waits until this many files were reported, and nothing else waits to be. */
  async reported(count: number): Promise<readonly string[]> {
    await this.reaches(({ lag }) => this.records.length >= count && lag === 0);
    return this.#names();
  }

  /** What was reported, as texts, sorted. */
  #names(): readonly string[] {
    return this.records
      .map(({ eventName, s3 }) => `${eventName.includes('Removed') ? '-' : ''}${s3.object.key}`)
      .toSorted();
  }

  /** What was reported since the last call. */
  take(): readonly string[] {
    const names = this.#names();
    this.records.length = 0;
    return names;
  }

  /** Ends the daemon. */
  async stop(): Promise<void> {
    await this.#supervisor.close(10_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.root, { recursive: true, force: true });
  }
}
