import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** Programs that run inside sandboxes, by the name of the file they become. */
const PROGRAMS = {
  'bootstrap-nodejs.cjs': 'src/bootstraps/nodejs/main.ts',
  'relay.cjs': 'src/bootstraps/relay/main.ts',
} as const;

/**
 * Makes in `outDir`/assets what sandboxes run: the Node programs as single CommonJS files for Node 18 and newer, the
 * Python bootstrap as it is (`bootstrap-python3.py`). Returns the folder.
 */
export async function buildAssets(outDir: string): Promise<string> {
  const assets = join(outDir, 'assets');
  await mkdir(assets, { recursive: true });
  const programs = Object.entries(PROGRAMS).filter(([, entry]) => existsSync(join(root, entry)));
  await Promise.all(
    programs.map(([name, entry]) =>
      build({
        absWorkingDir: root,
        entryPoints: [join(root, entry)],
        outfile: join(assets, name),
        bundle: true,
        platform: 'node',
        target: 'node18',
        format: 'cjs',
        minifySyntax: true,
        legalComments: 'none',
        // Importing the handler must stay a true import(): a require() in its place could not load ES modules.
        supported: { 'dynamic-import': true },
        logLevel: 'warning',
      }),
    ),
  );
  const python = join(root, 'src/bootstraps/python3');
  for (const file of await readdir(python)) {
    if (file === 'bootstrap.py') await copyFile(join(python, file), join(assets, 'bootstrap-python3.py'));
    else if (file.endsWith('.py')) await copyFile(join(python, file), join(assets, file));
  }
  return assets;
}
