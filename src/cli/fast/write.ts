import { writeSync } from 'node:fs';

/** Name of the error of output that could not be written; a class would differ between the bundles. */
const OUTPUT_ERROR = 'OutputError';

/** Whether {@link writeAll} threw this; its message says why, such as `no space left on device`. */
export function isOutputError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && thrown.name === OUTPUT_ERROR;
}

/**
 * Writes all bytes synchronously, so that a command may exit at once. Returns false when the reader has closed the pipe
 * (`| head`), which is not a failure. Throws an error for {@link isOutputError} when the bytes cannot be written, as on a
 * full disk.
 */
export function writeAll(descriptor: 1 | 2, content: string | Uint8Array): boolean {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // Where a program made the pipe, it is a pair of sockets: closed with bytes unread, it is reset.
      if (code === 'EPIPE' || code === 'ECONNRESET') return false;
      if (code !== 'EAGAIN') throw outputError(error as NodeJS.ErrnoException);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}

function outputError(cause: NodeJS.ErrnoException): Error {
  // Node's texts are `ENOSPC: no space left on device, write`.
  const what = /^[A-Z0-9]+: (.*), [a-z]+$/.exec(cause.message)?.[1] ?? cause.message;
  return Object.assign(new Error(what, { cause }), { name: OUTPUT_ERROR });
}
