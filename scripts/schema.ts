import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectSchema } from '../src/project/index.ts';

/** Writes schema/lam.schema.json from the code; with `--check` fails if the file is stale. */
const file = join(resolve(import.meta.dirname, '..'), 'schema/lam.schema.json');
const text = `${JSON.stringify(projectSchema(), null, 2)}\n`;
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('schema/lam.schema.json is stale: run npm run schema');
  process.exitCode = 1;
}
