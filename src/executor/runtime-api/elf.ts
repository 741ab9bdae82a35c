/** What a program or library says to the dynamic loader. */
export interface DynamicSection {
  /** Names of the libraries that it needs directly. */
  readonly needed: readonly string[];
  /** Folders that it names for them, in order; `$ORIGIN` stands for its own. */
  readonly folders: readonly string[];
  /** Versions of symbols that it needs, by the library that must define them. Weak ones are left out. */
  readonly neededVersions: ReadonlyMap<string, readonly string[]>;
  /** Versions of symbols that it defines. */
  readonly definedVersions: readonly string[];
}

/** Sources of these numbers: the ELF specification (gABI), and LSB's "Symbol Versioning". */
const PT = { load: 1, dynamic: 2 } as const;
const DT = {
  needed: 1,
  strtab: 5,
  rpath: 15,
  runpath: 29,
  verdef: 0x6ffffffc,
  verdefnum: 0x6ffffffd,
  verneed: 0x6ffffffe,
  verneednum: 0x6fffffff,
} as const;
const WEAK = 2;

/** Entries of one file that are read, and the longest of its strings (bytes): far more than programs have. */
const MOST_ENTRIES = 20_000;
const LONGEST_STRING = 4096;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly bytes: number;
}

/**
 * Reads the dynamic section of a 64-bit little-endian ELF file; undefined for files of other kinds, for static programs
 * and for damaged files. Pure.
 */
export function dynamicSection(file: Buffer): DynamicSection | undefined {
  const isElf64 = file.length >= 64 && file.toString('latin1', 0, 4) === '\x7fELF' && file[4] === 2 && file[5] === 1;
  try {
    return isElf64 ? new DynamicReader(file).read() : undefined;
  } catch (error) {
    // An offset in the file leads out of it, or the file has more of something than any program.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class DynamicReader {
  readonly #file: Buffer;
  readonly #segments: readonly Segment[];
  #strings = 0;
  /** Counts in the file may be any number, and lists may lead back to their own entries. */
  #entriesLeft = MOST_ENTRIES;

  constructor(file: Buffer) {
    this.#file = file;
    const [first, size, count] = [this.#u64(32), file.readUInt16LE(54), file.readUInt16LE(56)];
    this.#segments = Array.from({ length: count }, (_, index) => {
      const at = first + index * size;
      const [offset, address, bytes] = [this.#u64(at + 8), this.#u64(at + 16), this.#u64(at + 32)];
      return { type: file.readUInt32LE(at), offset, address, bytes };
    });
  }

  read(): DynamicSection | undefined {
    const section = this.#segments.find(({ type }) => type === PT.dynamic);
    if (section === undefined) return undefined;
    const entries: { readonly tag: number; readonly value: number }[] = [];
    for (let at = section.offset; at < section.offset + section.bytes; at += 16) {
      const tag = this.#u64(at);
      if (tag === 0) break;
      this.#spend();
      entries.push({ tag, value: this.#u64(at + 8) });
    }
    const value = (tag: number): number | undefined => entries.find((entry) => entry.tag === tag)?.value;
    const texts = (tag: number): string[] => entries.filter((e) => e.tag === tag).map((e) => this.#string(e.value));
    this.#strings = this.#offsetOf(value(DT.strtab) ?? 0);
    // A runpath makes the loader ignore the older rpath.
    const [runpath] = texts(DT.runpath);
    const [rpath] = texts(DT.rpath);
    return {
      needed: texts(DT.needed),
      folders: (runpath ?? rpath ?? '').split(':').filter((folder) => folder !== ''),
      neededVersions: this.#neededVersions(value(DT.verneed), value(DT.verneednum) ?? 0),
      definedVersions: this.#definedVersions(value(DT.verdef), value(DT.verdefnum) ?? 0),
    };
  }

  #neededVersions(address: number | undefined, count: number): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, readonly string[]>();
    if (address === undefined) return found;
    let at = this.#offsetOf(address);
    for (let index = 0; index < count; index += 1) {
      this.#spend();
      const versions: string[] = [];
      let entry = at + this.#u32(at + 8);
      for (let left = this.#file.readUInt16LE(at + 2); left > 0; left -= 1) {
        this.#spend();
        if ((this.#file.readUInt16LE(entry + 4) & WEAK) === 0) versions.push(this.#string(this.#u32(entry + 8)));
        entry += this.#u32(entry + 12);
      }
      found.set(this.#string(this.#u32(at + 4)), versions);
      at += this.#u32(at + 12);
    }
    return found;
  }

  #definedVersions(address: number | undefined, count: number): readonly string[] {
    const found: string[] = [];
    if (address === undefined) return found;
    let at = this.#offsetOf(address);
    for (let index = 0; index < count; index += 1) {
      this.#spend();
      found.push(this.#string(this.#u32(at + this.#u32(at + 12))));
      at += this.#u32(at + 16);
    }
    return found;
  }

  /** The place in the file of what is loaded at `address`. */
  #offsetOf(address: number): number {
    const segment = this.#segments.find(
      (each) => each.type === PT.load && address >= each.address && address < each.address + each.bytes,
    );
    // From the end of the file nothing can be read.
    return segment === undefined ? this.#file.length : segment.offset + address - segment.address;
  }

  #string(index: number): string {
    const begin = this.#strings + index;
    const longest = this.#file.subarray(begin, begin + LONGEST_STRING);
    const length = longest.indexOf(0);
    if (length === -1 && longest.length === LONGEST_STRING) this.#giveUp();
    return longest.toString('utf8', 0, Math.max(0, length));
  }

  #spend(): void {
    this.#entriesLeft -= 1;
    if (this.#entriesLeft < 0) this.#giveUp();
  }

  /** As an offset that leads out of the file: nothing can be read at its end. */
  #giveUp(): void {
    this.#file.readUInt8(this.#file.length);
  }

  #u32(at: number): number {
    return this.#file.readUInt32LE(at);
  }

  #u64(at: number): number {
    return Number(this.#file.readBigUInt64LE(at));
  }
}
