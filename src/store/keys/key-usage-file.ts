import { closeSync, constants, fdatasync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { KeyUsage } from '../../contract/index.ts';
import { lamError, messageOf } from '../../errors/index.ts';
import { syncDirectory } from '../disk/atomic-file.ts';
import { errnoOf, storeError } from '../disk/io-errors.ts';
import { keepAside } from '../disk/keep-aside.ts';

const SCHEMA = 1;
/** Length of a record (bytes): divides that of a sector, so that a power cut leaves the old or the new one. */
const RECORD_BYTES = 128;
/** Changes are flushed to the disk this long after they were written (ms). */
const FLUSH_MS = 1000;

/**
 * Requests of API keys: a record of fixed length for each key in a file, overwritten in place. Reads are from memory. What
 * was counted in one turn of the event loop is written at its end, which is before a function's answer can arrive: killing
 * the daemon loses no request that was answered. A power cut loses those of the last second.
 */
export class KeyUsageFile {
  readonly #path: string;
  readonly #onTrouble: (what: string) => void;
  readonly #usages = new Map<string, KeyUsage>();
  /** Position of each key's record (records). */
  readonly #places = new Map<string, number>();
  /** Places of records that are no longer needed. */
  readonly #free: number[] = [];
  /** Number of records in the file, its head included; 0 where there is none, or it is to be written anew. */
  #length: number;
  readonly #changed = new Set<string>();
  #fd: number | undefined;
  #writing: NodeJS.Immediate | undefined;
  #flushing: NodeJS.Timeout | undefined;
  /** The last flush. */
  #flushed: Promise<void> = Promise.resolve();
  /** The last write failed, which was reported. */
  #hasFailed = false;
  #isClosed = false;

  private constructor(path: string, { records, length, damaged }: UsageContent, onTrouble: (what: string) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
    for (const { id, usage } of records) this.#usages.set(id, usage);
    this.#length = damaged === 0 ? length : 0;
    if (damaged > 0) for (const { id } of records) this.#changed.add(id);
    else for (const { id, place } of records) this.#places.set(id, place);
    const taken = new Set(this.#places.values());
    for (let place = 1; place < this.#length; place++) if (!taken.has(place)) this.#free.push(place);
  }

  /**
   * Reads the file at `path`, if there is one, and leaves out the counts of other keys than `keyIds`. Of a damaged file a
   * copy is kept beside it, `onTrouble` is told, and what can be read of it counts. Throws `LAM_STORE_NEWER`,
   * `LAM_STORE_NOT_WRITABLE` and other errors of reading.
   */
  static async open(
    path: string,
    keyIds: ReadonlySet<string>,
    onTrouble: (what: string) => void,
  ): Promise<KeyUsageFile> {
    const read = await readRecords(path);
    const { damaged } = read;
    if (damaged > 0) {
      const kept = await keepAside(path);
      onTrouble(
        `${damaged} records of '${path}' cannot be read, so that the quotas of some API keys begin anew today; a copy is at '${kept}'`,
      );
    }
    return new KeyUsageFile(path, { ...read, records: read.records.filter(({ id }) => keyIds.has(id)) }, onTrouble);
  }

  get(keyId: string): KeyUsage | undefined {
    return this.#usages.get(keyId);
  }

  /** Counts at once; a failed write is reported once, and made up for with the next change. */
  set(keyId: string, usage: KeyUsage): void {
    this.#usages.set(keyId, usage);
    this.#change(keyId);
  }

  delete(keyId: string): void {
    if (this.#usages.delete(keyId)) this.#change(keyId);
  }

  /** Writes and flushes what is left. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearImmediate(this.#writing);
    clearTimeout(this.#flushing);
    this.#write();
    await this.#flushed;
    await this.#flush();
    if (this.#fd !== undefined) closeSync(this.#fd);
  }

  #change(keyId: string): void {
    if (this.#isClosed) return;
    this.#changed.add(keyId);
    this.#writing ??= setImmediate(() => {
      this.#writing = undefined;
      this.#write();
    });
  }

  #write(): void {
    if (this.#changed.size === 0) return;
    try {
      const isNew = this.#length === 0 ? constants.O_CREAT | constants.O_TRUNC : 0;
      this.#fd ??= openSync(this.#path, constants.O_RDWR | isNew, 0o600);
      if (this.#length === 0) {
        this.#put(0, { schema: SCHEMA });
        this.#length = 1;
      }
      for (const id of this.#changed) {
        this.#writeOne(id);
        this.#changed.delete(id);
      }
      this.#hasFailed = false;
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!this.#isClosed)
      this.#flushing ??= setTimeout(() => {
        this.#flushing = undefined;
        this.#flushed = this.#flush();
      }, FLUSH_MS).unref();
  }

  /** Flushes the file and, as it may be new, its folder's entry. Never rejects. */
  async #flush(): Promise<void> {
    if (this.#fd === undefined) return;
    try {
      await promisify(fdatasync)(this.#fd);
      await syncDirectory(dirname(this.#path));
    } catch (error) {
      this.#fail(error);
    }
  }

  #writeOne(id: string): void {
    const usage = this.#usages.get(id);
    const known = this.#places.get(id);
    if (usage === undefined) {
      if (known === undefined) return;
      this.#put(known, undefined);
      this.#places.delete(id);
      this.#free.push(known);
      return;
    }
    const place = known ?? this.#free.at(-1) ?? this.#length;
    this.#put(place, { id, ...usage });
    if (known !== undefined) return;
    this.#places.set(id, place);
    if (place === this.#length) this.#length++;
    else this.#free.pop();
  }

  /** Writes one record, blank if undefined. */
  #put(place: number, value: unknown): void {
    const text = value === undefined ? '' : JSON.stringify(value);
    const bytes = Buffer.from(`${text.padEnd(RECORD_BYTES - 1)}\n`);
    const at = place * RECORD_BYTES;
    const written = writeSync(this.#fd as number, bytes, 0, bytes.length, at);
    // A short write means a full disk; writing the rest throws that error.
    if (written < bytes.length) writeSync(this.#fd as number, bytes, written, bytes.length - written, at + written);
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#onTrouble(`requests of API keys are counted in memory alone: ${messageOf(storeError(error, this.#path))}`);
  }
}

/** A record of the file, and where it is. */
interface UsageRecord {
  readonly id: string;
  readonly place: number;
  readonly usage: KeyUsage;
}

/** Content of a file. */
interface UsageContent {
  readonly records: readonly UsageRecord[];
  /** Number of all records, the head, damaged and blank ones included. */
  readonly length: number;
  readonly damaged: number;
}

async function readRecords(path: string): Promise<UsageContent> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { records: [], length: 0, damaged: 0 };
    throw storeError(error, path);
  }
  const lines = Array.from({ length: Math.ceil(bytes.length / RECORD_BYTES) }, (_, place) =>
    // Zeros are left of a record that was appended when the power was cut.
    bytes
      .toString('utf8', place * RECORD_BYTES, (place + 1) * RECORD_BYTES)
      .replaceAll('\0', '')
      .trim(),
  );
  const [head, ...rest] = lines.map(parsed);
  const schema = head?.['schema'];
  if (typeof schema === 'number' && schema > SCHEMA)
    throw lamError('LAM_STORE_NEWER', { path, schema, supported: SCHEMA });
  if (schema !== SCHEMA) return { records: [], length: 0, damaged: lines.length };
  const records = rest.flatMap((value, n): readonly UsageRecord[] => (isRecord(value) ? [recordOf(value, n + 1)] : []));
  const blanks = lines.slice(1).filter((line) => line === '').length;
  return { records, length: lines.length, damaged: rest.length - records.length - blanks };
}

type RecordFields = KeyUsage & { readonly id: string };

function recordOf({ id, day, used, previous }: RecordFields, place: number): UsageRecord {
  return { id, place, usage: { day, used, previous } };
}

function isRecord(value: unknown): value is RecordFields {
  const { id, day, used, previous } = (value ?? {}) as Partial<RecordFields>;
  const isCount = (part: unknown): boolean => {
    const fields = (part ?? {}) as { readonly day?: unknown; readonly used?: unknown };
    return Number.isSafeInteger(fields.day) && Number.isSafeInteger(fields.used);
  };
  return typeof id === 'string' && isCount({ day, used }) && (previous === null || isCount(previous));
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // The caller counts it.
    return undefined;
  }
}
