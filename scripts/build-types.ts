import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Writes what the package exports besides its bundle: the types of the client and what they need, in `outDir`/types, and
 * a module of its names for `import`.
 */
export async function buildTypes(root: string, outDir: string): Promise<void> {
  const types = join(outDir, 'types');
  await rm(types, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript-native/bin/tsc');
  const settings = ['--noEmit', 'false', '--emitDeclarationOnly', '--declaration', '--rewriteRelativeImportExtensions'];
  const entry = join(root, 'src/client/public.ts');
  await run(process.execPath, [
    tsc,
    '--ignoreConfig',
    ...OPTIONS,
    ...settings,
    '--rootDir',
    join(root, 'src'),
    '--outDir',
    types,
    entry,
  ]);
  await writeFile(join(outDir, 'client.mjs'), "export { LamClient, isLamError } from './client.cjs';\n");
}

/** As in tsconfig.json, which takes in all of the tree. */
const OPTIONS = [
  ...['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,esnext.disposable', '--types', 'node'],
  ...[
    '--strict',
    '--exactOptionalPropertyTypes',
    '--verbatimModuleSyntax',
    '--allowImportingTsExtensions',
    '--skipLibCheck',
  ],
];
