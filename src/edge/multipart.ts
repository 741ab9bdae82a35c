import { lamError } from '../errors/index.ts';

/** A part of a form. */
export interface FormPart {
  /** Name of its field. */
  readonly name: string;
  /** Name of the file that was sent; undefined for a plain value. */
  readonly fileName: string | undefined;
  /** Its content as it arrives. What is not read before the next part is asked for is skipped. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** Longest head of a part, and longest plain value (bytes). */
const MOST_HEAD_BYTES = 16 * 1024;
const MOST_VALUE_BYTES = 64 * 1024;

const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i;
const HEAD_END = Buffer.from('\r\n\r\n');
const CRLF = Buffer.from('\r\n');

function bad(what: string): never {
  throw lamError('LAM_EDGE_BAD_FORM', { what });
}

/** Whether a `Content-Type` is that of a form with files. Pure. */
export function isMultipart(contentType: string | undefined): boolean {
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
  const [, quoted, plain] = BOUNDARY.exec(contentType ?? '') ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined || !isMultipart(contentType)) return bad('the body is not multipart/form-data');
  const input = new FormInput(body, Buffer.from(`\r\n--${boundary}`, 'latin1'));
  await input.skipPart();
  while (await input.hasPart()) {
    const head = partHead(await input.head());
    yield { ...head, content: input.part() };
    await input.skipPart();
  }
}

/** The text of a part. Throws `LAM_EDGE_BAD_FORM` if it is longer than a plain value may be. */
export async function partText({ name, content }: FormPart): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of content) {
    size += piece.length;
    if (size > MOST_VALUE_BYTES) return bad(`'${name}' is longer than ${MOST_VALUE_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** Splits a body at its delimiters. */
class FormInput {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #delimiter: Buffer;
  /** What has arrived and was not taken. Begins with a line end, so that the first delimiter is like the others. */
  #buffer: Buffer = CRLF;
  /** Whether the delimiter behind the present part was taken. */
  #isPartOver = false;

  constructor(body: AsyncIterable<Uint8Array>, delimiter: Buffer) {
    this.#source = body[Symbol.asyncIterator]();
    this.#delimiter = delimiter;
  }

  /** The rest of the present part, up to its delimiter, which is taken. */
  async *part(): AsyncGenerator<Uint8Array> {
    while (!this.#isPartOver) {
      const at = this.#buffer.indexOf(this.#delimiter);
      // The last bytes may be the beginning of a delimiter.
      const until = at >= 0 ? at : Math.max(0, this.#buffer.length - this.#delimiter.length + 1);
      const piece = this.#buffer.subarray(0, until);
      this.#buffer = this.#buffer.subarray(at >= 0 ? at + this.#delimiter.length : until);
      if (at >= 0) this.#isPartOver = true;
      if (piece.length > 0) yield piece;
      if (at < 0) await this.#more();
    }
  }

  /** Takes the rest of the present part. */
  async skipPart(): Promise<void> {
    const rest = this.part();
    while ((await rest.next()).done !== true);
  }

  /** Whether another part follows the delimiter that was just taken; after the last one, the rest of the body is skipped. */
  async hasPart(): Promise<boolean> {
    while (this.#buffer.length < 2) await this.#more();
    if (this.#buffer.toString('latin1', 0, 2) !== '--') return true;
    while ((await this.#source.next()).done !== true);
    return false;
  }

  /** The head of the next part. */
  async head(): Promise<string> {
    let at = this.#buffer.indexOf(HEAD_END);
    while (at < 0) {
      if (this.#buffer.length > MOST_HEAD_BYTES) return bad('the head of a part is too long');
      await this.#more();
      at = this.#buffer.indexOf(HEAD_END);
    }
    const head = this.#buffer.toString('utf8', 0, at);
    // The delimiter of an empty part begins with the line end of the head.
    this.#buffer = this.#buffer.subarray(at + CRLF.length);
    this.#isPartOver = false;
    await this.#startContent();
    return head;
  }

  /** Takes the line end before the content, unless it belongs to the delimiter of an empty part. */
  async #startContent(): Promise<void> {
    while (this.#buffer.length < this.#delimiter.length) await this.#more();
    const isEmpty = this.#buffer.subarray(0, this.#delimiter.length).equals(this.#delimiter);
    if (!isEmpty) this.#buffer = this.#buffer.subarray(CRLF.length);
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#source.next();
    if (done === true) return bad('it ends before its last boundary');
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(value) : Buffer.concat([this.#buffer, value]);
  }
}

/** Field and file name in the head of a part. */
function partHead(head: string): Pick<FormPart, 'name' | 'fileName'> {
  const line = head.split('\r\n').find((each) => /^content-disposition:/i.test(each));
  if (line === undefined) return bad('a part has no Content-Disposition');
  const name = parameter(line, 'name');
  return name === undefined ? bad('a part has no name') : { name, fileName: parameter(line, 'filename') };
}

/** A parameter of a header, in which clients write a quote as `\"` or `%22`. */
function parameter(line: string, name: string): string | undefined {
  const [, quoted, plain] = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(line) ?? [];
  return quoted?.replaceAll(/\\(["\\])/g, '$1').replaceAll('%22', '"') ?? plain;
}
