/** What lam reads of a compiled class. Names are internal ones, with slashes. */
export interface ClassFile {
  /** Null for `java/lang/Object`. */
  readonly superclass: string | null;
  readonly interfaces: readonly string[];
  /** Names of its own methods, also those that are not public. */
  readonly methods: readonly string[];
}

const MAGIC = 0xca_fe_ba_be;
const UTF8 = 1;
const CLASS = 7;
/** Bytes of a constant after its tag, by the tag. Source: The Java Virtual Machine Specification, table 4.4-A. */
const CONSTANT_BYTES: Readonly<Record<number, number>> = {
  ...{ 3: 4, 4: 4, 5: 8, 6: 8, [CLASS]: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2 },
};

/** Reads a class file; undefined for other bytes. Pure. */
export function parseClass(bytes: Buffer): ClassFile | undefined {
  try {
    return bytes.readUInt32BE(0) === MAGIC ? read(bytes) : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function read(bytes: Buffer): ClassFile | undefined {
  const pool = constantPool(bytes);
  if (pool === undefined) return undefined;
  const { constants } = pool;
  let at = pool.end;
  const u2 = (): number => {
    at += 2;
    return bytes.readUInt16BE(at - 2);
  };
  const name = (index: number): string => constants.texts.get(constants.classes.get(index) ?? index) ?? '';
  u2();
  u2();
  const superclass = u2();
  const interfaces = Array.from({ length: u2() }, () => name(u2()));
  const members = (): readonly string[] =>
    Array.from({ length: u2() }, () => {
      u2();
      const named = name(u2());
      u2();
      for (let attributes = u2(); attributes > 0; attributes--) at += 6 + bytes.readUInt32BE(at + 2);
      return named;
    });
  // Fields come first.
  members();
  return { superclass: superclass === 0 ? null : name(superclass), interfaces, methods: members() };
}

interface Constants {
  readonly texts: Map<number, string>;
  /** Index of the name of each class. */
  readonly classes: Map<number, number>;
}

/** Undefined where a constant is of no known kind. */
function constantPool(bytes: Buffer): { readonly constants: Constants; readonly end: number } | undefined {
  const constants: Constants = { texts: new Map(), classes: new Map() };
  const count = bytes.readUInt16BE(8);
  let at = 10;
  for (let index = 1; index < count; index++) {
    const tag = bytes.readUInt8(at);
    if (tag === UTF8) {
      const length = bytes.readUInt16BE(at + 1);
      constants.texts.set(index, bytes.toString('utf8', at + 3, at + 3 + length));
      at += 3 + length;
      continue;
    }
    if (tag === CLASS) constants.classes.set(index, bytes.readUInt16BE(at + 1));
    const length = CONSTANT_BYTES[tag];
    if (length === undefined) return undefined;
    at += 1 + length;
    // Longs and doubles take two places.
    if (length === 8) index++;
  }
  return { constants, end: at };
}
