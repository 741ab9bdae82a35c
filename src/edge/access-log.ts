import type { AccessLogFormat } from '../contract/index.ts';
import { EndingReply, type HeaderPairs, type Reply } from '../http/index.ts';
import { escapeControls, type Clock } from '../kit/index.ts';
import { clfTime } from './clf-time.ts';
import { headerValue, type RequestHead } from './request.ts';

/** Where lines about requests go. */
export interface AccessLog {
  readonly format: AccessLogFormat;
  readonly clock: Clock;
  /** Takes a line without its end. Never throws, never blocks. */
  write(line: string): void;
}

/** Status of a request whose client left before it had an answer, as nginx logs it. */
const CLIENT_GONE = 499;

/** Returns a reply that writes a line to the log once the answer has ended, or `reply` itself without a log. */
export function logged(reply: Reply, head: RequestHead, log: AccessLog | undefined): Reply {
  return log === undefined ? reply : new LoggedReply(reply, head, log);
}

class LoggedReply extends EndingReply {
  readonly #head: RequestHead;
  readonly #log: AccessLog;
  readonly #beganAt: number;
  #status: number | undefined;
  #requestId: string | undefined;
  #bytes = 0;

  constructor(reply: Reply, head: RequestHead, log: AccessLog) {
    super(reply);
    this.#head = head;
    this.#log = log;
    this.#beganAt = log.clock.monotonic();
  }

  override send(status: number, headers: HeaderPairs, body: Uint8Array): void {
    this.#begin(status, headers);
    this.#count(body);
    super.send(status, headers, body);
  }

  override start(status: number, headers: HeaderPairs, goOn?: () => void): void {
    this.#begin(status, headers);
    super.start(status, headers, goOn);
  }

  override write(chunk: Uint8Array): boolean {
    this.#count(chunk);
    return super.write(chunk);
  }

  #begin(status: number, headers: HeaderPairs): void {
    this.#status ??= status;
    const at = headers.findIndex((text, n) => n % 2 === 0 && text.toLowerCase() === 'x-amzn-requestid');
    if (at >= 0) this.#requestId = headers[at + 1];
  }

  #count(bytes: Uint8Array): void {
    const hasBody = this.#head.method !== 'HEAD' && this.#status !== 204 && this.#status !== 304;
    if (hasBody) this.#bytes += bytes.byteLength;
  }

  protected ended(): void {
    const { clock, format } = this.#log;
    const ms = clock.monotonic() - this.#beganAt;
    const answer = { status: this.#status ?? CLIENT_GONE, bytes: this.#bytes, ms, requestId: this.#requestId };
    const line = format === 'json' ? jsonLine : commonLine;
    this.#log.write(line(this.#head, answer, clock.now() - ms));
  }
}

interface Answered {
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
  readonly ms: number;
  readonly requestId: string | undefined;
}

/** The query is left out of both formats: it may hold secrets. */
function jsonLine({ method, path, httpVersion, headers, socket }: RequestHead, answer: Answered, at: number): string {
  const line = JSON.stringify({
    time: new Date(at).toISOString(),
    remote: socket.remoteAddress ?? null,
    method,
    host: headerValue(headers, 'host') ?? null,
    path,
    protocol: `HTTP/${httpVersion}`,
    status: answer.status,
    bytes: answer.bytes,
    ms: Math.round(answer.ms * 1000) / 1000,
    requestId: answer.requestId ?? null,
    referer: headerValue(headers, 'referer') ?? null,
    userAgent: headerValue(headers, 'user-agent') ?? null,
  });
  // JSON may hold the control characters above U+007E as they are.
  return escapeControls(line);
}

function commonLine(
  { method, path, httpVersion, socket }: RequestHead,
  { status, bytes }: Answered,
  at: number,
): string {
  const size = bytes === 0 ? '-' : String(bytes);
  return `${socket.remoteAddress ?? '-'} - - [${clfTime(at)}] "${method} ${quoted(path)} HTTP/${httpVersion}" ${status} ${size}`;
}

/** Escapes what could end the quotes or the line, as Apache does. */
function quoted(text: string): string {
  return text.replaceAll(/["\\]|[^\x20-\x7e]/g, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
