import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { lamError } from '../../errors/index.ts';
import { invariant } from '../../kit/index.ts';
import { writeFileAtomic } from '../disk/atomic-file.ts';
import { errnoOf, storeError } from '../disk/io-errors.ts';
import { keepAside } from '../disk/keep-aside.ts';

const BYTES = 32;
const FORM = /^[0-9a-f]{64}\n?$/;

/**
 * A random secret of the home, in a file of its own (mode 0600), from which secret access keys are derived: they must be
 * known to check signatures, and so can be kept nowhere. Made with the first key that signs.
 */
export class MasterSecret {
  readonly #path: string;
  #bytes: Buffer | undefined;
  #making: Promise<void> | undefined;

  private constructor(path: string, bytes: Buffer | undefined) {
    this.#path = path;
    this.#bytes = bytes;
  }

  /** Reads the file at `path`, if there is one. Throws `LAM_STORE_CORRUPT` and errors of reading. */
  static async open(path: string): Promise<MasterSecret> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return new MasterSecret(path, undefined);
      throw storeError(error, path);
    }
    if (!FORM.test(text))
      throw lamError('LAM_STORE_CORRUPT', { path, kept: await keepAside(path), why: 'it holds no secret' });
    return new MasterSecret(path, Buffer.from(text.trim(), 'hex'));
  }

  /** Whether it was made. */
  get isMade(): boolean {
    return this.#bytes !== undefined;
  }

  /** Makes and stores it unless it was made. Rejects with a `LAM_STORE_*` error. */
  async make(): Promise<void> {
    if (this.#bytes !== undefined) return;
    this.#making ??= this.#write().finally(() => (this.#making = undefined));
    await this.#making;
  }

  /** Derives 32 bytes for one purpose from a text. To be called once it was made. */
  derive(purpose: string, text: string): Buffer {
    invariant(this.#bytes !== undefined, 'the master secret was made');
    return createHmac('sha256', this.#bytes).update(`${purpose}\n${text}`).digest();
  }

  async #write(): Promise<void> {
    const made = randomBytes(BYTES);
    await writeFileAtomic(this.#path, `${made.toString('hex')}\n`);
    this.#bytes = made;
  }
}
