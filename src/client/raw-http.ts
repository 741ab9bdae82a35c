import { connect, type Socket } from 'node:net';

/** One request to the daemon's socket. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The answer; header names in lower case. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Takes the body of an answer while it arrives. */
export interface BodyTaker {
  /** Whether it takes the body of an answer with these headers. */
  wants(headers: RawAnswer['headers']): boolean;
  /** Takes the next piece; returns whether to continue. */
  piece(bytes: Buffer): boolean;
}

/** Why no answer arrived: `unreachable` before anything was sent, `lost` afterwards. */
export interface RawFailure {
  readonly failure: 'unreachable' | 'lost';
  readonly what: string;
}

const EMPTY = Buffer.alloc(0);
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Makes one HTTP/1.1 exchange over a Unix socket, loading only `node:net`, which keeps `lam invoke` near the cost of
 * starting Node. Calls `request` once connected, so that standard input stays unread when the daemon is unreachable; if
 * it returns undefined, nothing is sent and the answer is `lost`. A body that `taker` wants is not in the answer, which
 * arrives when the body has ended or `taker` has stopped. Rejects with what `taker` throws, never for network errors.
 */
export function exchange(
  socketPath: string,
  request: () => RawRequest | undefined,
  taker?: BodyTaker,
): Promise<RawAnswer | RawFailure> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const chunks: Buffer[] = [];
    let sent = false;
    let isHeadKnown = false;
    let taken: TakenBody | undefined;
    const take = (body: TakenBody, bytes: Buffer): void => {
      try {
        const answer = body.push(bytes);
        if (answer === undefined) return;
        resolve(answer);
      } catch (thrown) {
        reject(thrown);
      }
      socket.destroy();
    };
    socket.on('connect', () => {
      const asked = request();
      sent = true;
      if (asked === undefined) socket.destroy();
      else send(socket, asked);
    });
    socket.on('data', (chunk: Buffer) => {
      if (taken !== undefined) return take(taken, chunk);
      chunks.push(chunk);
      const answer = chunks.length === 1 ? parseAnswer(chunk) : undefined;
      if (answer !== undefined && !('failure' in answer) && saysItsLength(answer.headers) && !isWanted(answer, taker)) {
        // A whole answer usually arrives at once, and waiting for the end of the connection would take a millisecond.
        resolve(answer);
        socket.destroy();
        return;
      }
      const bytes = isHeadKnown || taker === undefined ? EMPTY : Buffer.concat(chunks);
      const head = headOf(bytes);
      isHeadKnown ||= head !== undefined;
      if (head === undefined || !isWanted(head, taker)) return;
      taken = new TakenBody(head, taker);
      take(taken, bytes);
    });
    socket.on('error', (error) => resolve({ failure: sent ? 'lost' : 'unreachable', what: error.message }));
    socket.on('close', () => resolve(parseAnswer(chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks))));
  });
}

type AnswerHead = Omit<RawAnswer, 'body'>;

/** Whether the body of an answer is taken while it arrives. */
function isWanted({ status, headers }: AnswerHead, taker: BodyTaker | undefined): taker is BodyTaker {
  return status === 200 && isChunked(headers) && taker?.wants(headers) === true;
}

/** The head at the beginning of `bytes`, once it is complete. */
function headOf(bytes: Buffer): AnswerHead | undefined {
  const end = bytes.indexOf(HEAD_END);
  return end < 0 ? undefined : parseHead(bytes.toString('latin1', 0, end));
}

/** The body of an answer on its way to a taker. */
class TakenBody {
  readonly #answer: RawAnswer;
  readonly #taker: BodyTaker;
  readonly #stream: AnswerStream = new AnswerStream();

  constructor(head: AnswerHead, taker: BodyTaker) {
    this.#answer = { ...head, body: EMPTY };
    this.#taker = taker;
  }

  /** Takes the next bytes, those of the head included; returns the outcome once there is one. */
  push(bytes: Buffer): RawAnswer | RawFailure | undefined {
    for (const { piece, isEnd } of this.#stream.push(bytes)) {
      if (piece.length > 0 && !this.#taker.piece(piece)) return this.#answer;
      if (isEnd) return this.#answer;
    }
    return this.#stream.isBroken ? { failure: 'lost', what: 'the answer was not HTTP' } : undefined;
  }
}

function send(socket: Socket, request: RawRequest): void {
  let head = `${request.method} ${request.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${request.body.length}\r\n`;
  for (const name in request.headers) head += `${name}: ${request.headers[name] ?? ''}\r\n`;
  socket.cork();
  socket.write(`${head}\r\n`);
  if (request.body.length > 0) socket.write(request.body);
  socket.uncork();
}

/** Reads a whole HTTP/1.1 answer; a truncated one is `lost`. */
export function parseAnswer(bytes: Buffer): RawAnswer | RawFailure {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return { failure: 'lost', what: 'the connection closed before an answer came' };
  const { status, headers } = parseHead(bytes.toString('latin1', 0, end));
  if (status === 0) return { failure: 'lost', what: 'the answer was not HTTP' };
  const rest = bytes.subarray(end + HEAD_END.length);
  // A "100 Continue" precedes the final answer.
  if (status < 200) return parseAnswer(rest);
  const body = bodyOf(headers, rest);
  return body === undefined ? { failure: 'lost', what: 'the answer was cut off' } : { status, headers, body };
}

/** A part of one of several answers; the first part contains the head. */
export interface AnswerPart {
  /** Index of the request that it answers, from 0. */
  readonly index: number;
  readonly status: number;
  /** A piece of its body, possibly empty. */
  readonly piece: Buffer;
  /** Whether it is the last part of that answer. */
  readonly isEnd: boolean;
}

/**
 * Requests several paths at once over one connection to a Unix socket and hands their answers to `take` in order, as
 * they arrive; `take` returns whether to continue. Resolves to `ended` when all arrived, `stopped` when `take` returned
 * false, else to the failure. Never rejects for network errors.
 */
export function getAll(
  socketPath: string,
  paths: readonly string[],
  take: (part: AnswerPart) => boolean,
): Promise<'ended' | 'stopped' | RawFailure> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const answers = new AnswerStream();
    let sent = false;
    let left = paths.length;
    const finish = (how: 'ended' | 'stopped' | RawFailure): void => {
      resolve(how);
      socket.destroy();
    };
    socket.on('connect', () => {
      sent = true;
      socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''));
    });
    socket.on('data', (chunk: Buffer) => {
      for (const { status, piece, isEnd } of answers.push(chunk)) {
        if (!take({ index: paths.length - left, status, piece, isEnd })) return finish('stopped');
        if (isEnd && (left -= 1) === 0) return finish('ended');
      }
      if (answers.isBroken) finish({ failure: 'lost', what: 'the answer was not HTTP' });
    });
    // The same error as Node's client reports for a truncated answer.
    socket.on('error', (error) =>
      finish(sent ? { failure: 'lost', what: 'aborted' } : { failure: 'unreachable', what: error.message }),
    );
    socket.on('close', () => finish({ failure: 'lost', what: 'aborted' }));
  });
}

const LINE_END = Buffer.from('\r\n');

/** Parses consecutive answers, each with a length or chunked. */
class AnswerStream {
  /** Whether the bytes are malformed. */
  isBroken = false;
  #rest: Buffer = EMPTY;
  #status = 0;
  /** Bytes of the body or chunk still to come; undefined while a head or a chunk's size is expected. */
  #left: number | undefined;
  #isChunked = false;

  *push(bytes: Buffer): Generator<Omit<AnswerPart, 'index'>, void> {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (!this.isBroken) {
      const part = this.#next();
      if (part === undefined) return;
      yield part;
    }
  }

  /** The next part, possibly empty; undefined when more bytes are needed. */
  #next(): Omit<AnswerPart, 'index'> | undefined {
    if (this.#status === 0) return this.#head();
    if (this.#left === undefined) return this.#chunkSize();
    const piece = this.#rest.subarray(0, this.#left);
    const over = this.#isChunked ? LINE_END.length : 0;
    if (piece.length < this.#left || this.#rest.length < this.#left + over) {
      if (piece.length === 0 || piece.length === this.#left) return undefined;
      this.#rest = EMPTY;
      this.#left -= piece.length;
      return { status: this.#status, piece, isEnd: false };
    }
    this.#rest = this.#rest.subarray(this.#left + over);
    this.#left = undefined;
    return this.#part(piece, !this.#isChunked);
  }

  #head(): Omit<AnswerPart, 'index'> | undefined {
    const end = this.#rest.indexOf(HEAD_END);
    if (end < 0) return undefined;
    const { status, headers } = parseHead(this.#rest.toString('latin1', 0, end));
    this.#rest = this.#rest.subarray(end + HEAD_END.length);
    const length = headers['content-length'];
    this.#isChunked = isChunked(headers);
    this.isBroken = status < 200 || !saysItsLength(headers);
    this.#status = status;
    this.#left = this.#isChunked ? undefined : Number(length);
    return this.#left === 0 ? this.#next() : this.#part(EMPTY, false);
  }

  #chunkSize(): Omit<AnswerPart, 'index'> | undefined {
    const end = this.#rest.indexOf(LINE_END);
    if (end < 0) return undefined;
    const size = Number.parseInt(this.#rest.toString('latin1', 0, end), 16);
    this.isBroken = Number.isNaN(size);
    // An empty line follows the last chunk; lam sends no trailers.
    if (size === 0 && this.#rest.length < end + HEAD_END.length) return undefined;
    this.#rest = this.#rest.subarray(end + (size === 0 ? HEAD_END : LINE_END).length);
    if (size === 0) return this.#part(EMPTY, true);
    this.#left = size;
    return this.#part(EMPTY, false);
  }

  #part(piece: Buffer, isEnd: boolean): Omit<AnswerPart, 'index'> {
    const status = this.#status;
    if (isEnd) this.#status = 0;
    return { status, piece, isEnd };
  }
}

function parseHead(head: string): AnswerHead {
  const lines = head.split('\r\n');
  const status = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(lines[0] ?? '')?.[1] ?? 0);
  const headers: Record<string, string> = {};
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status, headers };
}

function isChunked(headers: Readonly<Record<string, string>>): boolean {
  return headers['transfer-encoding']?.toLowerCase() === 'chunked';
}

function saysItsLength(headers: Readonly<Record<string, string>>): boolean {
  return headers['content-length'] !== undefined || isChunked(headers);
}

function bodyOf(headers: Readonly<Record<string, string>>, rest: Buffer): Buffer | undefined {
  if (isChunked(headers)) return dechunk(rest);
  const length = headers['content-length'];
  if (length === undefined) return rest;
  return rest.length < Number(length) ? undefined : rest.subarray(0, Number(length));
}

function dechunk(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) return undefined;
    if (size === 0) return Buffer.concat(parts);
    const start = lineEnd + 2;
    if (start + size > bytes.length) return undefined;
    parts.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}
