import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { controlSchemas } from './openapi-schemas.ts';

/**
 * Writes the schemas of lam's own API from its types, and of those and the table of routes docs/openapi.json and the Python client; with
 * `--check` fails if one is stale.
 */
const root = resolve(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function renew(path: string, text: string): void {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  if (!isCheck) return writeFileSync(file, text);
  console.error(`${relative(root, file)} is stale: run npm run openapi`);
  process.exitCode = 1;
}

renew('src/edge/apis/control/schemas.json', jsonText(controlSchemas()));
// Loaded only now, because it reads that file.
const { controlDocument } = await import('../src/edge/apis/control/document.ts');
renew('docs/openapi.json', jsonText(controlDocument()));
const { pythonClient } = await import('./python-client.ts');
renew('clients/python/src/lam_client/generated.py', pythonClient());
