import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/**
 * Writes `oclif.manifest.json` from the command classes; with `--check` fails if the file is stale. Made by `oclif manifest`
 * from a temporary plugin, because oclif expects classes and src/cli/commands.ts has loaders.
 */
const root = join(import.meta.dirname, '..');
const file = join(root, 'oclif.manifest.json');
const oclif = join(dirname(fileURLToPath(import.meta.resolve('oclif/package.json'))), 'bin/run.js');

/** Source of the module with the commands of the plugin. */
const COMMANDS_MODULE = `
import { COMMANDS } from ${JSON.stringify(pathToFileURL(join(root, 'src/cli/commands.ts')).href)};
const entries = Object.entries(COMMANDS).map(async ([id, load]) => [id, (await load()).default]);
export default Object.fromEntries(await Promise.all(entries));
`;

async function makeManifest(): Promise<string> {
  const {
    name,
    version,
    files,
    oclif: settings,
  } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, object>;
  const commands = { strategy: 'explicit', target: './commands.mjs', identifier: 'default' };
  const plugin = await mkdtemp(join(tmpdir(), 'lam-manifest-'));
  try {
    await writeFile(
      join(plugin, 'package.json'),
      JSON.stringify({ name, version, files, type: 'module', oclif: { ...settings, commands } }),
    );
    await writeFile(join(plugin, 'commands.mjs'), COMMANDS_MODULE);
    // Started in that folder, because it first deletes the manifest in the current one.
    await promisify(execFile)(process.execPath, [oclif, 'manifest', plugin], { cwd: plugin });
    return `${await readFile(join(plugin, 'oclif.manifest.json'), 'utf8')}\n`;
  } finally {
    await rm(plugin, { recursive: true, force: true });
  }
}

const text = await makeManifest();
if (process.argv.includes('--check')) {
  const found = await readFile(file, 'utf8').catch(() => '');
  if (found !== text) {
    process.stderr.write('oclif.manifest.json is stale: run npm run manifest\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(file, text);
}
