import { open } from 'node:fs/promises';

/** What the kernel needs to start a file. */
export type ExecutableNeeds =
  /** A script; `interpreter` is the program in its first line, `argument` the rest of that line. */
  | { readonly kind: 'script'; readonly interpreter: string; readonly argument: string }
  /** A program; `loader` is its dynamic loader, empty without one, `machine` its architecture in Node's words. */
  | { readonly kind: 'program'; readonly loader: string; readonly machine: string }
  | { readonly kind: 'unknown' };

/** Longest part of a file that is looked at (bytes): programs name their loader near the beginning. */
const HEAD_BYTES = 4096;
const UNKNOWN: ExecutableNeeds = { kind: 'unknown' };
/** `e_machine` of ELF, as `process.arch` calls it. */
const MACHINES: ReadonlyMap<number, string> = new Map([
  [3, 'ia32'],
  [40, 'arm'],
  [62, 'x64'],
  [183, 'arm64'],
  [243, 'riscv64'],
]);
const PT_INTERP = 3;

/** Reads the beginning of a file; `unknown` when it is neither script nor program, or cannot be read. */
export async function readNeeds(path: string): Promise<ExecutableNeeds> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return UNKNOWN;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return needsOf(buffer.subarray(0, bytesRead));
  } catch {
    return UNKNOWN;
  } finally {
    await file.close();
  }
}

/**
 * Whether a machine runs programs that are built for another, both as `process.arch` calls them: 64-bit kernels run 32-bit
 * programs of their family. Pure.
 */
export function runsOn(machine: string, built: string): boolean {
  return built === machine || (machine === 'x64' && built === 'ia32') || (machine === 'arm64' && built === 'arm');
}

/** Reads what `head`, the beginning of a file, says of its needs. Pure. */
function needsOf(head: Buffer): ExecutableNeeds {
  if (head.toString('latin1', 0, 2) === '#!') return scriptNeeds(head.toString('utf8'));
  return head.toString('latin1', 0, 4) === '\x7fELF' ? programNeeds(head) : UNKNOWN;
}

function scriptNeeds(text: string): ExecutableNeeds {
  const [, interpreter = '', argument = ''] = /^#![ \t]*([^ \t\n]*)[ \t]*([^\n]*)/.exec(text) ?? [];
  return { kind: 'script', interpreter, argument: argument.trim() };
}

/** Only 64-bit little-endian programs name their loader here: those that lam runs on. */
function programNeeds(head: Buffer): ExecutableNeeds {
  const [is64, isLittle] = [head[4] === 2, head[5] === 1];
  if (head.length < 64 || !isLittle) return UNKNOWN;
  const number = head.readUInt16LE(18);
  const machine = MACHINES.get(number) ?? `machine ${number}`;
  return { kind: 'program', machine, loader: is64 ? loaderIn(head) : '' };
}

function loaderIn(head: Buffer): string {
  const first = Number(head.readBigUInt64LE(32));
  const [size, count] = [head.readUInt16LE(54), head.readUInt16LE(56)];
  for (let at = first; at < first + size * count && at + 40 <= head.length; at += size) {
    if (head.readUInt32LE(at) !== PT_INTERP) continue;
    const begin = Number(head.readBigUInt64LE(at + 8));
    const end = begin + Number(head.readBigUInt64LE(at + 32));
    return end <= head.length ? head.toString('utf8', begin, end).replace(/\0.*$/s, '') : '';
  }
  return '';
}
