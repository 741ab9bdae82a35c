import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
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
  await writeFile(join(assets, 'bootstrap-python3.py'), await joinPython(join(root, 'src/bootstraps/python3')));
  return assets;
}

/** The Python bootstrap with the source of its parts in it: Python compiles it at each start, and the parts only when they are needed. */
async function joinPython(folder: string): Promise<string> {
  const parts = (await readdir(folder)).filter((file) => file.endsWith('.py') && file !== 'bootstrap.py').toSorted();
  const entries = await Promise.all(
    parts.map(async (file) => [file.slice(0, -3), await readFile(join(folder, file), 'utf8')]),
  );
  const bootstrap = await readFile(join(folder, 'bootstrap.py'), 'utf8');
  // JSON's text literals are Python's, too.
  return bootstrap.replace(/^PARTS = \{\}$/m, () => `PARTS = ${JSON.stringify(Object.fromEntries(entries))}`);
}
