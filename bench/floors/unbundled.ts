import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { transform } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * lam's command line without start optimizations: loads the sources file by file and every command, as oclif does
 * without a manifest. Takes the place of `bin/run.js`, with the same arguments.
 */
const main = (version: string): string => `import { COMMANDS } from './src/cli/commands.js';
import { runApp } from './src/cli/app.js';
await Promise.all(Object.values(COMMANDS).map((load) => load()));
const unused = () => { throw new Error('not part of this floor'); };
const installation = {
  kind: 'npm', version: ${JSON.stringify(version)}, daemonCommand: [], nodeCommand: unused, assets: unused, templates: unused, esbuild: unused,
  loadApp: unused, loadDaemon: unused,
};
process.exit(await runApp(process.argv.slice(2), installation));
`;

/** Writes it to `folder`; returns the file to run. */
export async function writeUnbundledCli(folder: string): Promise<string> {
  const names = await readdir(join(ROOT, 'src'), { recursive: true });
  for (const name of names.filter((path) => path.endsWith('.ts'))) {
    const { code } = await transform(await readFile(join(ROOT, 'src', name), 'utf8'), {
      loader: 'ts',
      format: 'esm',
      target: 'node22',
    });
    const file = join(folder, 'src', name.replace(/\.ts$/, '.js'));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, code.replaceAll(/(["'])(\.{1,2}\/[^"']*)\.ts\1/g, '$1$2.js$1'));
  }
  await cp(join(ROOT, 'oclif.manifest.json'), join(folder, 'oclif.manifest.json'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  const file = join(folder, 'main.js');
  await writeFile(file, main(version));
  return file;
}
