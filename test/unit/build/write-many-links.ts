import { createWriteStream } from 'node:fs';
import { writeZip } from '../../../src/build/index.ts';

/** Writes a zip of so many links to a file: `write-many-links.ts FILE COUNT`. */
const [, , file = '', count] = process.argv;
const links = Array.from({ length: Number(count) }, (_, index) => ({ path: `f${index}`, target: 'one' }));
await writeZip(createWriteStream(file), links);
