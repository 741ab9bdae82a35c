import type { BusboyFileStream, BusboyInstance } from '@fastify/busboy';
import { isLamError, lamError, type LamError } from '../errors/index.ts';

/** A plain value of a form. */
export interface FormValue {
  readonly kind: 'value';
  /** Name of its field. */
  readonly name: string;
  readonly text: string;
}

/** A file of a form. */
export interface FormFile {
  readonly kind: 'file';
  /** Name of its field. */
  readonly name: string;
  readonly fileName: string;
  /** Its content as it arrives. What is not read before the next part is asked for is skipped. */
  readonly content: AsyncIterable<Uint8Array>;
}

export type FormPart = FormValue | FormFile;

/** Longest head of a part, and longest plain value (bytes). */
const MOST_HEAD_BYTES = 16 * 1024;
const MOST_VALUE_BYTES = 64 * 1024;
/** Most parts of a form. */
const MOST_PARTS = 1000;

const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i;

function bad(what: string): LamError {
  return lamError('LAM_EDGE_BAD_FORM', { what });
}

/** Whether a `Content-Type` is that of a form with files. Pure. */
export function isMultipart(contentType: string | undefined): contentType is string {
  return contentType !== undefined && /^multipart\/form-data\s*;/i.test(contentType) && BOUNDARY.test(contentType);
}

/**
 * Reads the parts of a `multipart/form-data` body in their order, without holding a file in memory (RFC 7578). Throws
 * `LAM_EDGE_BAD_FORM` for what is no such body, and at the place where a body ends too early. What `body` throws is
 * passed on. @param contentType of the request, with the boundary
 */
export async function* formParts(
  contentType: string | undefined,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<FormPart> {
  if (!isMultipart(contentType)) throw bad('the body is not multipart/form-data');
  const form = new FormReader(await busboyOf(contentType));
  void form.read(body);
  for (let part = await form.next(); part !== undefined; part = await form.next()) {
    yield part;
    if (part.kind === 'file') for await (const _ of part.content);
  }
}

/** Loads busboy with the first form, not with the daemon. Rejects with `LAM_EDGE_BAD_FORM`. */
async function busboyOf(contentType: string): Promise<BusboyInstance> {
  const { Busboy } = await import('@fastify/busboy');
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      preservePath: true,
      isPartAFile: (_field, _type, fileName) => fileName !== undefined,
      limits: { headerSize: MOST_HEAD_BYTES, fieldSize: MOST_VALUE_BYTES, parts: MOST_PARTS },
    });
  } catch (error) {
    // It takes no boundary of several hundred bytes, and thinks otherwise than isMultipart of several of them.
    throw faultOf(error);
  }
}

/** Takes a body apart by busboy, which announces parts as they arrive. */
class FormReader {
  readonly #form: BusboyInstance;
  /** Announced, and not taken yet. */
  readonly #parts: FormPart[] = [];
  readonly #files = new Set<BusboyFileStream>();
  #isOver = false;
  #failure: { readonly of: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(form: BusboyInstance) {
    this.#form = form;
    this.#form.on('field', (name, text, _isNameCut, isCut) => {
      if (isCut) this.#fail(bad(`'${name}' is longer than ${MOST_VALUE_BYTES} bytes`));
      else this.#announce({ kind: 'value', name, text });
    });
    this.#form.on('file', (name, file, fileName) => this.#addFile(name, file, fileName));
    this.#form.on('partsLimit', () => this.#fail(bad(`it has more than ${MOST_PARTS} parts`)));
    this.#form.on('error', (error) => this.#fail(faultOf(error)));
    this.#form.on('finish', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** Reads a body to its end. Never rejects. Does not end the body before: the rest of a request is discarded elsewhere. */
  async read(body: AsyncIterable<Uint8Array>): Promise<void> {
    const pieces = body[Symbol.asyncIterator]();
    try {
      for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) {
        const { value } = piece;
        await new Promise<void>((resolve) => void this.#form.write(Buffer.from(value), () => resolve()));
        if (this.#failure !== undefined) return;
      }
      this.#form.end();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The next part; undefined behind the last one. Rejects with why the body cannot be read. */
  async next(): Promise<FormPart | undefined> {
    while (this.#parts.length === 0 && !this.#isOver && this.#failure === undefined)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    const part = this.#parts.shift();
    if (part === undefined && this.#failure !== undefined) throw this.#failure.of;
    return part;
  }

  #addFile(name: string, file: BusboyFileStream, fileName: string): void {
    this.#files.add(file);
    // Without a listener the process would end; who reads the file learns of it.
    file.on('error', (error) => file.destroy(error));
    file.once('close', () => this.#files.delete(file));
    this.#announce({ kind: 'file', name, fileName, content: this.#contentOf(file) });
  }

  async *#contentOf(file: BusboyFileStream): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of file.iterator({ destroyOnReturn: false })) yield piece as Uint8Array;
    } catch (error) {
      throw this.#failure === undefined ? faultOf(error) : this.#failure.of;
    } finally {
      // Its reader may have left early.
      file.resume();
    }
  }

  #announce(part: FormPart): void {
    this.#parts.push(part);
    this.#wake();
  }

  #fail(error: unknown): void {
    this.#failure ??= { of: error };
    for (const file of this.#files) file.destroy(new Error('the form cannot be read'));
    this.#wake();
  }
}

/** busboy's error as one of the catalogue. */
function faultOf(error: unknown): LamError {
  if (isLamError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  return bad(/unexpected end|terminated early/i.test(text) ? 'it ends before its last boundary' : text);
}
