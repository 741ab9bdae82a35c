import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { lamError } from '../../errors/index.ts';
import { sleep } from '../../kit/index.ts';
import { writeFileAtomic } from '../disk/atomic-file.ts';
import { errnoOf, storeError } from '../disk/io-errors.ts';
import { keepAside } from '../disk/keep-aside.ts';

const SCHEMA = 1;
/** Changes are collected for this long before they are written together (ms): flushes slow down others' on the same disk. */
const GROUP_MS = 200;
/** The file is written anew when it is this many times as long as its values, and longer than {@link LEAST_BYTES}. */
const SLACK = 4;
const LEAST_BYTES = 1024 * 1024;

/** JSON values by key, in a file to which changes are appended. Reads are from memory. */
export class StateJournal {
  readonly #path: string;
  /** Values as JSON text. */
  readonly #values: Map<string, string>;
  readonly #changed = new Set<string>();
  /** Length of the file (bytes). */
  #bytes: number;
  /** The file must be written anew, because it is missing, damaged or was written in part. */
  #isStale: boolean;
  /** The group that collects changes. */
  #group: Promise<void> | undefined;
  /** The last write. */
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, read: Journal) {
    this.#path = path;
    this.#values = read.values;
    this.#bytes = read.bytes;
    this.#isStale = read.isStale;
  }

  /**
   * Reads the file at `path`, if there is one. Of a damaged file a copy is kept beside it, `onTrouble` is told, and what
   * can be read of it counts. Throws `LAM_STORE_NEWER`, `LAM_STORE_NOT_WRITABLE` and other errors of reading.
   */
  static async open(path: string, onTrouble: (what: string) => void): Promise<StateJournal> {
    const read = await readJournal(path);
    if (read.damaged > 0) {
      const kept = await keepAside(path);
      onTrouble(
        `${read.damaged} lines of '${path}' cannot be read and were left out, so that what triggers did last, that they are paused, or what wire APIs keep may be lost; a copy is at '${kept}'`,
      );
    }
    return new StateJournal(path, read);
  }

  keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  get(key: string): unknown {
    const text = this.#values.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  }

  /**
   * Sets a value, or removes it if undefined. Reads return it at once; resolves when it is durable. Rejects with a
   * `LAM_STORE_*` error; then it is written with the next change.
   */
  set(key: string, value: unknown): Promise<void> {
    if (value === undefined) {
      if (!this.#values.delete(key)) return Promise.resolve();
    } else this.#values.set(key, JSON.stringify(value));
    this.#changed.add(key);
    return (this.#group ??= this.#writeGroup());
  }

  /** Resolves when all changes so far are durable, or could not be made so. */
  async settled(): Promise<void> {
    while (this.#group !== undefined) await this.#group.catch(() => undefined);
    await this.#written;
  }

  async #writeGroup(): Promise<void> {
    await sleep(GROUP_MS);
    await this.#written;
    this.#group = undefined;
    const keys = [...this.#changed];
    this.#changed.clear();
    const write = this.#write(keys);
    this.#written = write.catch(() => undefined);
    await write;
  }

  async #write(keys: readonly string[]): Promise<void> {
    const lines = Buffer.from(keys.map((key) => lineOf(key, this.#values.get(key))).join(''));
    const isLong = this.#bytes + lines.length > LEAST_BYTES && this.#bytes + lines.length > SLACK * this.#valueBytes();
    try {
      if (this.#isStale || isLong) await this.#rewrite();
      else {
        await append(this.#path, lines);
        this.#bytes += lines.length;
      }
    } catch (error) {
      this.#isStale = true;
      throw storeError(error, this.#path);
    }
  }

  async #rewrite(): Promise<void> {
    const lines = [...this.#values].map(([key, value]) => lineOf(key, value));
    const content = Buffer.from([HEAD, ...lines].join(''));
    await writeFileAtomic(this.#path, content);
    this.#bytes = content.length;
    this.#isStale = false;
  }

  #valueBytes(): number {
    let bytes = 0;
    for (const [key, value] of this.#values) bytes += key.length + value.length;
    return bytes;
  }
}

/** Content of a file. */
interface Journal {
  readonly values: Map<string, string>;
  readonly bytes: number;
  readonly isStale: boolean;
  /** Number of lines that are not valid, except for one that was being written when the daemon ended. */
  readonly damaged: number;
}

const HEAD = `${JSON.stringify({ schema: SCHEMA })}\n`;

function lineOf(key: string, value: string | undefined): string {
  return `{"key":${JSON.stringify(key)}${value === undefined ? '' : `,"value":${value}`}}\n`;
}

async function append(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND);
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function readJournal(path: string): Promise<Journal> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { values: new Map(), bytes: 0, isStale: true, damaged: 0 };
    throw storeError(error, path);
  }
  const lines = text.split('\n');
  // A write that was cut off leaves a last line without its end.
  const isCut = lines.pop() !== '';
  const [head, ...changes] = lines.map(parsed);
  const schema = head?.['schema'];
  if (typeof schema === 'number' && schema > SCHEMA)
    throw lamError('LAM_STORE_NEWER', { path, schema, supported: SCHEMA });
  const values = new Map<string, string>();
  let damaged = schema === SCHEMA || text === '' ? 0 : 1;
  for (const change of changes) {
    const key = change?.['key'];
    if (typeof key !== 'string') damaged++;
    else if (change?.['value'] === undefined) values.delete(key);
    else values.set(key, JSON.stringify(change['value']));
  }
  return { values, bytes: Buffer.byteLength(text), isStale: isCut || damaged > 0 || text === '', damaged };
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
