import { fstatSync, readFileSync, readSync } from 'node:fs';
import type { FastFailure } from '../installation.ts';

/** Where the event comes from. */
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
 * The bytes of the event: `-d`, else `-e`, else standard input when something is piped in, else `{}`. They are sent
 * as they were given; that they are JSON is checked here, because the daemon hands them on unparsed.
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

/** Why a file cannot be read, without its name: the message around it has that. */
function reason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
    case 'EPERM':
      return 'it may not be read by this user';
    default:
      return error.code ?? error.message;
  }
}

function fromStdin(asked: boolean): { readonly bytes: Buffer } | FastFailure {
  const bytes = drain(STDIN);
  // Nothing at all came in: a pipe that happens to be there is not an event.
  if (bytes.length === 0 && !asked) return { bytes: Buffer.from('{}') };
  return checked('standard input', bytes);
}

/** Something other than a terminal or `/dev/null` is connected. */
function isPiped(): boolean {
  try {
    const kind = fstatSync(STDIN);
    return kind.isFIFO() || kind.isFile() || kind.isSocket();
  } catch {
    // Standard input is closed.
    return false;
  }
}

/** All bytes of a descriptor; waits where its other end was set to non-blocking. */
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
