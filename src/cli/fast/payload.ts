import { fstatSync, readFileSync, readSync } from 'node:fs';
import type { FastFailure } from '../installation.ts';

/** Sources of the event. */
export interface PayloadSource {
  /** `-d`. */
  readonly data?: string | undefined;
  /** `-e`. */
  readonly event?: string | undefined;
  /** Makes relative file names absolute. */
  readonly resolve: (file: string) => string;
}

const STDIN = 0;

/**
 * Reads the event: `-d`, otherwise `-e`, otherwise standard input if something is piped in, otherwise `{}`. The bytes
 * are sent unchanged; JSON is checked here, because the daemon does not parse them.
 */
export function readPayload(source: PayloadSource): { readonly bytes: Buffer } | FastFailure {
  const { data, event } = source;
  if (data !== undefined && data !== '-' && !data.startsWith('@')) return checked('-d', Buffer.from(data));
  const file = data !== undefined && data.startsWith('@') ? data.slice(1) : data === undefined ? event : undefined;
  if (file !== undefined && file !== '-') return fromFile(source.resolve(file));
  if (data === '-' || file === '-' || isPiped()) return fromStdin(data === '-' || file === '-');
  return { bytes: Buffer.from('{}') };
}

function fromFile(path: string): { readonly bytes: Buffer } | FastFailure {
  try {
    return checked(`'${path}'`, readFileSync(path));
  } catch (error) {
    return { kind: 'unreadable', from: path, what: reason(error as NodeJS.ErrnoException) };
  }
}

/** Returns why a file cannot be read, without its name, which the message contains. */
function reason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'no such file';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    default:
      return error.code ?? error.message;
  }
}

function fromStdin(asked: boolean): { readonly bytes: Buffer } | FastFailure {
  const bytes = drain(STDIN);
  // An empty pipe is not an event.
  if (bytes.length === 0 && !asked) return { bytes: Buffer.from('{}') };
  return checked('standard input', bytes);
}

/** Whether standard input is a pipe, a file or a socket. */
function isPiped(): boolean {
  try {
    const kind = fstatSync(STDIN);
    return kind.isFIFO() || kind.isFile() || kind.isSocket();
  } catch {
    // Standard input is closed.
    return false;
  }
}

/** Reads a descriptor to its end; polls if it is non-blocking. */
function drain(descriptor: number): Buffer {
  const chunks: Buffer[] = [];
  const buffer = Buffer.allocUnsafe(65_536);
  for (;;) {
    try {
      const count = readSync(descriptor, buffer, 0, buffer.length, null);
      if (count === 0) return Buffer.concat(chunks);
      chunks.push(Buffer.from(buffer.subarray(0, count)));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EOF') return Buffer.concat(chunks);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function checked(from: string, bytes: Buffer): { readonly bytes: Buffer } | FastFailure {
  const text = bytes.toString();
  try {
    JSON.parse(text);
    return { bytes };
  } catch {
    return { kind: 'not-json', from, text };
  }
}
