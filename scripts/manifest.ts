import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import { COMMANDS } from '../src/cli/commands.ts';

/**
 * Writes `oclif.manifest.json` from the command classes, or with `--check` fails when the file is not what it would
 * write. Uses oclif's own caching of a command, the one `oclif manifest` uses.
 */
const root = join(import.meta.dirname, '..');
const file = join(root, 'oclif.manifest.json');

// Not among oclif's exports, but it is what its manifest command calls.
const { cacheCommand } = (await import(new URL('../node_modules/@oclif/core/lib/util/cache-command.js', import.meta.url).href)) as {
  cacheCommand(command: Command.Class, plugin: undefined, respectNoCacheDefault: boolean): Promise<Command.Cached>;
};
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

const entries = Object.entries(COMMANDS).map(async ([id, load]) => {
  const { default: command } = await load();
  command.id = id;
  const cached = await cacheCommand(command, undefined, true);
  return [id, { ...cached, pluginName: 'lam', pluginAlias: 'lam', pluginType: 'core' }] as const;
});
const text = `${JSON.stringify({ commands: Object.fromEntries(await Promise.all(entries)), version }, null, 2)}\n`;

if (process.argv.includes('--check')) {
  const found = await readFile(file, 'utf8').catch(() => '');
  if (found !== text) {
    process.stderr.write('oclif.manifest.json is stale: run npm run manifest\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(file, text);
}
