import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { build } from 'esbuild';
import { DESCRIPTORS, FAMILIES } from '../src/runtimes/index.ts';

const root = join(import.meta.dirname, '..');

/** How a client is made of its folder in src/bootstraps, by the ending of its asset; others are copied from `bootstrap<ending>`. */
const MAKERS: Readonly<Record<string, (folder: string, asset: string) => Promise<unknown>>> = {
  '.cjs': (folder, asset) => bundleNode(join(folder, 'main.ts'), asset),
  '.py': async (folder, asset) => writeFile(asset, await joinPython(folder)),
};

/**
 * Makes in `outDir`/assets what sandboxes run: the client that each runtime's descriptor names, from
 * `src/bootstraps/<family>/`, and the relay. Returns the folder.
 */
export async function buildAssets(outDir: string): Promise<string> {
  const assets = join(outDir, 'assets');
  await mkdir(assets, { recursive: true });
  const clients = FAMILIES.map(async (family) => {
    const { entry } = DESCRIPTORS[family];
    if (entry.kind === 'executable' || entry.client === null) return;
    const folder = join(root, 'src/bootstraps', family);
    const [asset, ending] = [join(assets, entry.client), extname(entry.client)];
    await (MAKERS[ending]?.(folder, asset) ?? copyFile(join(folder, `bootstrap${ending}`), asset));
  });
  await Promise.all([...clients, bundleNode(join(root, 'src/bootstraps/relay/main.ts'), join(assets, 'relay.cjs'))]);
  return assets;
}

/** Makes one CommonJS file for Node 18 and newer. */
function bundleNode(entry: string, asset: string): Promise<unknown> {
  return build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: asset,
    bundle: true,
    platform: 'node',
    target: 'node18',
    format: 'cjs',
    minifySyntax: true,
    legalComments: 'none',
    // Importing the handler must stay a true import(): a require() in its place could not load ES modules.
    supported: { 'dynamic-import': true },
    logLevel: 'warning',
  });
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
