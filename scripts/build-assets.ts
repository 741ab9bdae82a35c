import { copyFile, cp, mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { build } from 'esbuild';
import { DESCRIPTORS, FAMILIES } from '../src/runtimes/index.ts';

const root = join(import.meta.dirname, '..');

/**
 * How a client is built from its folder in src/bootstraps, by the extension of its asset; none means a folder of modules.
 * With other extensions `bootstrap<extension>` is copied.
 */
const MAKERS: Readonly<Record<string, (folder: string, asset: string) => Promise<unknown>>> = {
  '.cjs': (folder, asset) => bundleNode(join(folder, 'main.ts'), asset),
  '': (folder, asset) => cp(folder, asset, { recursive: true, filter: (path) => basename(path) !== '__pycache__' }),
};

/**
 * Builds the programs of sandboxes into `outDir`/assets: the client that each descriptor names, from
 * `src/bootstraps/<family>/`, and the relay. Returns the folder.
 */
export async function buildAssets(outDir: string): Promise<string> {
  const assets = join(outDir, 'assets');
  await mkdir(assets, { recursive: true });
  const clients = FAMILIES.map(async (family) => {
    const { entry } = DESCRIPTORS[family];
    if (entry.kind === 'image') return;
    const client = entry.kind === 'executable' ? entry.clientSource : entry.client;
    if (client === undefined || client === null) return;
    const folder = join(root, 'src/bootstraps', family);
    const [asset, ending] = [join(assets, client), extname(client)];
    await (MAKERS[ending]?.(folder, asset) ?? copyFile(join(folder, `bootstrap${ending}`), asset));
  });
  await Promise.all([...clients, bundleNode(join(root, 'src/bootstraps/relay/main.ts'), join(assets, 'relay.cjs'))]);
  return assets;
}

/** Bundles into one CommonJS file for Node 18 and newer. */
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
    // Keeps import() of the handler: a require() could not load ES modules.
    supported: { 'dynamic-import': true },
    logLevel: 'warning',
  });
}
