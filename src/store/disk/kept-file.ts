import { readFile } from 'node:fs/promises';
import type { Adapter } from 'lowdb';
import { lamError } from '../../errors/index.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { errnoOf, storeError } from './io-errors.ts';
import { keepAside } from './keep-aside.ts';

/** lowdb's adapter to a JSON file that is replaced as a whole or not at all. */
export class KeptFile<Data extends { readonly schema: number }> implements Adapter<Data> {
  readonly #path: string;
  readonly #schema: number;
  readonly #faultOf: (data: Partial<Data>) => string | undefined;

  /**
   * @param schema the number that `data.schema` must be
   * @param faultOf what else is wrong with data that was read: the file may have been edited or damaged
   */
  constructor(path: string, schema: number, faultOf: (data: Partial<Data>) => string | undefined) {
    this.#path = path;
    this.#schema = schema;
    this.#faultOf = faultOf;
  }

  /**
   * Null where there is no file. Throws `LAM_STORE_CORRUPT` (and keeps a copy beside it) or `LAM_STORE_NEWER`; the file is
   * not touched then.
   */
  async read(): Promise<Data | null> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw storeError(error, this.#path);
    }
    const data = parsed<Data>(text);
    if (typeof data?.schema === 'number' && data.schema > this.#schema)
      throw lamError('LAM_STORE_NEWER', { path: this.#path, schema: data.schema, supported: this.#schema });
    const why = data === undefined ? 'it is not JSON' : this.#fault(data);
    if (why !== undefined)
      throw lamError('LAM_STORE_CORRUPT', { path: this.#path, kept: await keepAside(this.#path), why });
    return data as Data;
  }

  async write(data: Data): Promise<void> {
    await writeFileAtomic(this.#path, `${JSON.stringify(data)}\n`);
  }

  #fault(data: Partial<Data>): string | undefined {
    return data.schema === this.#schema ? this.#faultOf(data) : 'it names no schema';
  }
}

function parsed<Data>(text: string): Partial<Data> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // The caller reports it.
    return undefined;
  }
}
