/** Standard streams of one instance, in memory. */
export interface MemoryStreams {
  /** What it reads on stdin. */
  readonly stdin: Uint8Array;
  /** Called with a copy of what it prints to stdout (1) or stderr (2). */
  write(stream: 1 | 2, bytes: Uint8Array): void;
}

type WasiFunction = (...args: never[]) => number;

/** `errno` of WASI. */
const SUCCESS = 0;
const NOT_SUPPORTED = 58;
const NO_SEEK = 70;
/** Size of an `iovec` (bytes): address and length. */
const IOVEC_BYTES = 8;

const isStandard = (fd: number): fd is 0 | 1 | 2 => fd >= 0 && fd <= 2;

/**
 * Returns WASI's functions with the standard streams in `streams`; everything else goes to `functions`. Those of this
 * process are never touched. `memory`: that of the instance, called while it runs.
 */
export function withStreams(
  functions: Readonly<Record<string, WasiFunction>>,
  streams: MemoryStreams,
  memory: () => WebAssembly.Memory,
): Record<string, WasiFunction> {
  let read = 0;
  const vectors = (at: number, count: number): Uint8Array[] => {
    const { buffer } = memory();
    const view = new DataView(buffer);
    return Array.from({ length: count }, (_, index) => {
      const entry = at + index * IOVEC_BYTES;
      return new Uint8Array(buffer, view.getUint32(entry, true), view.getUint32(entry + 4, true));
    });
  };
  const report = (at: number, bytes: number): number => {
    new DataView(memory().buffer).setUint32(at, bytes, true);
    return SUCCESS;
  };
  const own: Record<string, (...args: number[]) => number | undefined> = {
    fd_write(fd = 0, at = 0, count = 0, written = 0) {
      if (fd !== 1 && fd !== 2) return undefined;
      const parts = vectors(at, count);
      const bytes = Buffer.concat(parts);
      if (bytes.length > 0) streams.write(fd, bytes);
      return report(written, bytes.length);
    },
    fd_read(fd = -1, at = 0, count = 0, taken = 0) {
      if (fd !== 0) return undefined;
      let total = 0;
      for (const part of vectors(at, count)) {
        const chunk = streams.stdin.subarray(read, read + part.length);
        part.set(chunk);
        read += chunk.length;
        total += chunk.length;
      }
      return report(taken, total);
    },
    fd_close: (fd = -1) => (isStandard(fd) ? SUCCESS : undefined),
    fd_fdstat_set_flags: (fd = -1) => (isStandard(fd) ? SUCCESS : undefined),
    fd_renumber: (from = -1, to = -1) => (isStandard(from) || isStandard(to) ? NOT_SUPPORTED : undefined),
    fd_pread: (fd = -1) => (isStandard(fd) ? NO_SEEK : undefined),
    fd_pwrite: (fd = -1) => (isStandard(fd) ? NO_SEEK : undefined),
    fd_seek: (fd = -1) => (isStandard(fd) ? NO_SEEK : undefined),
    fd_tell: (fd = -1) => (isStandard(fd) ? NO_SEEK : undefined),
  };
  const wrapped = { ...functions };
  for (const [name, answer] of Object.entries(own)) {
    const original = functions[name];
    if (original === undefined) continue;
    // oxlint-disable-next-line no-loop-func -- `original` is of this turn
    wrapped[name] = (...args: never[]) => answer(...args) ?? original(...args);
  }
  return wrapped;
}
