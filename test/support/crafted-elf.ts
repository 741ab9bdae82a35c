/** What a crafted ELF file says in its dynamic section. */
export interface CraftedElf {
  /** Tags and values of the dynamic section; addresses are offsets in the file. */
  readonly dynamic: readonly (readonly [tag: bigint, value: bigint])[];
  /** Path of its dynamic loader. */
  readonly loader?: string;
  /** Bytes at {@link CRAFTED_DATA}. */
  readonly data?: Buffer;
}

/** Offset of a crafted file's own data, up to its end. */
export const CRAFTED_DATA = 4096;

/** Returns a 64-bit ELF executable whose tables say what no linker writes. */
export function craftedElf({ dynamic, loader, data = Buffer.alloc(64) }: CraftedElf): Buffer {
  const file = Buffer.concat([Buffer.alloc(CRAFTED_DATA), data]);
  file.set(Buffer.from('\x7fELF\x02\x01\x01', 'latin1'));
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(process.arch === 'arm64' ? 183 : 62, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(64n, 32);
  for (const [value, at] of [
    [64, 52],
    [56, 54],
    [loader === undefined ? 2 : 3, 56],
  ] as const)
    file.writeUInt16LE(value, at);
  const [ofLoader, ofDynamic] = [1024, 2048];
  file.write(`${loader ?? ''}\0`, ofLoader);
  const segments = [
    [1, 0, file.length],
    [2, ofDynamic, (dynamic.length + 1) * 16],
    [3, ofLoader, (loader ?? '').length + 1],
  ] as const;
  for (const [index, [type, offset, size]] of segments.entries()) {
    const at = 64 + index * 56;
    file.writeUInt32LE(type, at);
    file.writeUInt32LE(4, at + 4);
    for (const [place, value] of [
      [8, offset],
      [16, offset],
      [32, size],
      [40, size],
    ] as const)
      file.writeBigUInt64LE(BigInt(value), at + place);
  }
  for (const [index, [tag, value]] of dynamic.entries()) {
    file.writeBigUInt64LE(tag, ofDynamic + index * 16);
    file.writeBigUInt64LE(value, ofDynamic + index * 16 + 8);
  }
  return file;
}
