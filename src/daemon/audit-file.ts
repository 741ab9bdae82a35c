import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAsked, type AuditEntry, type AuditQuery } from '../contract/index.ts';
import { escapeControls, type Clock } from '../kit/index.ts';
import type { AuditOperations, AuditSink } from '../operations/index.ts';
import type { DaemonLog } from './daemon-log.ts';
import { LineFile, type Rotation } from './line-file.ts';

const NAME = 'audit.jsonl';
const ROTATION: Rotation = { size: '10M', rotate: 9 };
/**
 * Refusals, and failures, of a minute that are noted one by one: more come from somebody who must not push changes out
 * of the log.
 */
const MOST_A_MINUTE = 100;
const MINUTE_MS = 60_000;
/** Longest text of a member (characters): methods and paths are whatever a client sends. */
const MOST_TEXT = 256;

/** What an audit log in a file needs. */
export interface AuditFileParts {
  readonly folder: string;
  readonly clock: Clock;
  readonly onTrouble: DaemonLog;
  readonly rotation?: Rotation;
}

interface Follower {
  readonly query: AuditQuery;
  readonly onEntry: (entry: AuditEntry) => void;
}

/** Passes on the first entries of a minute, and then how many more there were. */
class MinuteCount {
  readonly #clock: Clock;
  readonly #write: (entry: Omit<AuditEntry, 'time'>) => void;
  #began = 0;
  #count = 0;
  /** The last one that was not noted. */
  #unnoted: Omit<AuditEntry, 'time'> | undefined;
  #cancelSum: (() => void) | undefined;

  constructor(clock: Clock, write: (entry: Omit<AuditEntry, 'time'>) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  note(entry: Omit<AuditEntry, 'time'>): void {
    const now = this.#clock.now();
    if (now - this.#began >= MINUTE_MS || now < this.#began) {
      this.sumUp();
      this.#began = now;
    }
    if (++this.#count <= MOST_A_MINUTE) {
      this.#write(entry);
      return;
    }
    this.#unnoted = entry;
    this.#cancelSum ??= this.#clock.after(MINUTE_MS, () => this.sumUp());
  }

  /** Notes how many were not noted one by one. */
  sumUp(): void {
    this.#cancelSum?.();
    this.#cancelSum = undefined;
    const count = this.#count - MOST_A_MINUTE;
    const last = this.#unnoted;
    this.#count = 0;
    this.#unnoted = undefined;
    if (last !== undefined && count > 0) this.#write({ ...last, count });
  }
}

/**
 * The audit log: one JSON object per line, appended in the turn of the event loop after the one that noted it, so that a
 * request never waits for it.
 */
export class AuditFile implements AuditSink, AuditOperations {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #rotation: Rotation;
  readonly #file: LineFile;
  readonly #followers = new Set<Follower>();
  /** What did not change anything. */
  readonly #minutes: Readonly<Record<Exclude<AuditEntry['outcome'], 'done'>, MinuteCount>>;

  constructor({ folder, clock, onTrouble, rotation = ROTATION }: AuditFileParts) {
    this.#folder = folder;
    this.#clock = clock;
    this.#rotation = rotation;
    this.#file = new LineFile({ folder, name: NAME, called: 'the audit log', flushMs: 0, rotation, clock, onTrouble });
    const write = (entry: Omit<AuditEntry, 'time'>): void => this.#write(entry);
    this.#minutes = { refused: new MinuteCount(clock, write), failed: new MinuteCount(clock, write) };
  }

  note(entry: Omit<AuditEntry, 'time'>): void {
    if (entry.outcome === 'done') this.#write(entry);
    else this.#minutes[entry.outcome].note(entry);
  }

  /** Entries that a query asks for, oldest first. Rejects with the system's error if a file cannot be read. */
  async query(query: AuditQuery): Promise<readonly AuditEntry[]> {
    const { lines = Infinity, since = 0 } = query;
    await this.#file.flush();
    const found: AuditEntry[][] = [];
    let count = 0;
    for (let n = 0; n <= this.#rotation.rotate && count < lines; n++) {
      const entries = await readEntries(join(this.#folder, n === 0 ? NAME : `${NAME}.${n}`));
      const asked = entries.filter((entry) => isAsked(entry, query));
      found.unshift(asked);
      count += asked.length;
      if (entries[0] !== undefined && Date.parse(entries[0].time) < since) break;
    }
    const all = found.flat();
    return lines === Infinity ? all : all.slice(Math.max(0, all.length - lines));
  }

  follow(query: AuditQuery, onEntry: (entry: AuditEntry) => void): () => void {
    const follower = { query, onEntry };
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Writes what is left and closes the file. Never rejects. */
  async close(): Promise<void> {
    for (const minute of Object.values(this.#minutes)) minute.sumUp();
    await this.#file.close();
  }

  #write(entry: Omit<AuditEntry, 'time'>): void {
    const whole = shortened({ time: new Date(this.#clock.now()).toISOString(), ...entry });
    this.#file.write(escapeControls(JSON.stringify(whole)));
    for (const { query, onEntry } of this.#followers) if (isAsked(whole, query)) onEntry(whole);
  }
}

function shortened(entry: AuditEntry): AuditEntry {
  const short = (text: string): string => (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}...` : text);
  const { who, operation, function: name, target } = entry;
  return {
    ...entry,
    who: { ...who, name: short(who.name) },
    operation: short(operation),
    ...(name === undefined ? {} : { function: short(name) }),
    ...(target === undefined ? {} : { target: short(target) }),
  };
}

/** The entries of a file; none where there is no file. A line that was cut off is left out. */
async function readEntries(path: string): Promise<readonly AuditEntry[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as AuditEntry];
    } catch {
      // A power cut leaves the beginning of a line.
      return [];
    }
  });
}
