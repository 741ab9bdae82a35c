import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { controlSchemas } from './openapi-schemas.ts';

/**
 * Writes the schemas of lam's own API from its types, and docs/openapi.json from those and the table of routes; with
 * `--check` fails if one is stale.
 */
const root = resolve(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');

function renew(path: string, value: unknown): void {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  const file = join(root, path);
  if (readFileSync(file, 'utf8') === text) return;
  if (!isCheck) return writeFileSync(file, text);
  console.error(`${relative(root, file)} is stale: run npm run openapi`);
  process.exitCode = 1;
}

renew('src/edge/apis/control/schemas.json', controlSchemas());
// Loaded only now, because it reads that file.
const { controlDocument } = await import('../src/edge/apis/control/document.ts');
renew('docs/openapi.json', controlDocument());
