/** Types of the functions that {@link wasmModule} can import, by their index in a module. */
const TYPES = {
  none: [[], []],
  fourToOne: [['i32', 'i32', 'i32', 'i32'], ['i32']],
  one: [['i32'], []],
  pages: [['i32'], ['i32']],
  twoToOne: [['i32', 'i32'], ['i32']],
} as const;
type FunctionType = keyof typeof TYPES;
const INDEX = Object.fromEntries(Object.keys(TYPES).map((name, at) => [name, at])) as Record<FunctionType, number>;

/** A module to be encoded. */
export interface WasmSource {
  readonly imports?: readonly (readonly [module: string, name: string, type: FunctionType])[];
  /** Instructions of its one function. */
  readonly code: readonly (number | readonly number[])[];
  /** Names under which that function is exported. */
  readonly exports?: readonly string[];
  /** Text at address 1024 of its memory. */
  readonly data?: string;
  /** Pages that its memory has from the start. */
  readonly pages?: number;
  /** Pages of a second memory, whose addresses have 64 bits. */
  readonly hugePages?: number;
}

/** WebAssembly's instructions, as far as tests need them. */
export const op = {
  i32: (value: number) => [0x41, ...signed(value)],
  call: (index: number) => [0x10, ...unsigned(index)],
  drop: 0x1a,
  load: (offset: number) => [0x28, 2, ...unsigned(offset)],
  store: (offset: number) => [0x36, 2, ...unsigned(offset)],
  unreachable: 0x00,
  loop: [0x03, 0x40],
  again: [0x0c, 0],
  end: 0x0b,
  grow: [0x40, 0],
  multiply: 0x6c,
  divide: 0x6d,
} as const;

const READ = ['wasi_snapshot_preview1', 'fd_read', 'fourToOne'] as const;
export const WRITE = ['wasi_snapshot_preview1', 'fd_write', 'fourToOne'] as const;
export const EXIT = ['wasi_snapshot_preview1', 'proc_exit', 'one'] as const;

/** Instructions that print the text at 1024 to `stream`; `write`: index of fd_write. */
export function prints(text: string, stream: 1 | 2, write = 0): readonly (number | readonly number[])[] {
  return [
    ...[op.i32(0), op.i32(1024), op.store(0), op.i32(0), op.i32(Buffer.byteLength(text)), op.store(4)],
    ...[op.i32(stream), op.i32(0), op.i32(1), op.i32(16), op.call(write), op.drop],
  ];
}

/** Prints what it reads, up to 60 kB. */
export const ECHO: WasmSource = {
  imports: [READ, WRITE],
  code: [
    ...[op.i32(0), op.i32(1024), op.store(0), op.i32(0), op.i32(60_000), op.store(4)],
    ...[op.i32(0), op.i32(0), op.i32(1), op.i32(16), op.call(0), op.drop],
    ...[op.i32(0), op.i32(16), op.load(0), op.store(4)],
    ...[op.i32(1), op.i32(0), op.i32(1), op.i32(16), op.call(1), op.drop],
  ],
};

/** Encodes a module with one page of memory and one function, exported as `_start` unless it says otherwise. */
export function wasmModule(source: WasmSource): Buffer {
  const { imports = [], code, exports = ['_start'], data = '', pages = 2, hugePages } = source;
  const own = imports.length;
  const names = [...exports.map((name) => [...text(name), 0, ...unsigned(own)]), [...text('memory'), 2, 0]];
  const body = [0, ...code.flat(), op.end];
  return Buffer.from([
    ...Buffer.from('\0asm'),
    ...[1, 0, 0, 0],
    ...section(
      1,
      Object.values(TYPES).map(([from, to]) => [0x60, ...types(from), ...types(to)]),
    ),
    ...section(
      2,
      imports.map(([module, name, type]) => [...text(module), ...text(name), 0, INDEX[type]]),
    ),
    ...section(3, [[INDEX.none]]),
    ...section(5, [[0, ...unsigned(pages)], ...(hugePages === undefined ? [] : [[4, ...unsigned(hugePages)]])]),
    ...section(7, names),
    ...section(10, [[...unsigned(body.length), ...body]]),
    ...section(11, [[0, ...op.i32(1024), op.end, ...text(data)]]),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = [...unsigned(entries.length), ...entries.flat()];
  return [id, ...unsigned(content.length), ...content];
}

const types = (list: readonly string[]): number[] => [...unsigned(list.length), ...list.map(() => 0x7f)];

function text(value: string): number[] {
  const bytes = [...Buffer.from(value)];
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}
