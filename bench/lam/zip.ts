import { crc32 } from 'node:zlib';

/** Files by path. */
export type Files = Readonly<Record<string, string>>;

/** A zip of stored files with one date. Pure. */
export function zipOf(files: Files): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [path, text] of Object.entries(files)) {
    const name = Buffer.from(path);
    const data = Buffer.from(text);
    const common = commonFields(name, data);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, name, data]);
    locals.push(local);
    // Made on Unix by version 2.0; then no comment, disk 0, no attributes but mode 0644, and where the file is.
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((0o100644 << 16) >>> 0, 6);
    tail.writeUInt32LE(at, 10);
    central.push(Buffer.from('PK\u0001\u0002\u0014\u0003'), common, tail, name);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(locals.length, 8);
  end.writeUInt16LE(locals.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

/**
 * What both headers of a file hold: version, flags, method, date, checksum, sizes, length of the name and of nothing
 * else.
 */
function commonFields(name: Buffer, data: Buffer): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  // 1980-01-01, the first day a zip can name.
  fields.writeUInt16LE(0x21, 8);
  fields.writeUInt32LE(crc32(data), 10);
  fields.writeUInt32LE(data.length, 14);
  fields.writeUInt32LE(data.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}
