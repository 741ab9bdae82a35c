import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { cachedFolder } from './dependency-cache.ts';
import { runTool } from './run-tool.ts';

/** Files that determine what Bundler installs. */
const INPUTS = ['Gemfile', 'Gemfile.lock'] as const;
const WHY = 'to install what the Gemfile declares';

/**
 * Installs a Gemfile's gems with Bundler, without the groups `development` and `test`, from copies of the Gemfile and
 * its lock file; returns the folder that has `ruby/<version>` and `bundler/setup.rb`, undefined without a Gemfile. Does
 * not touch the author's folder. Equal inputs and Ruby share a folder. Throws the errors of a build tool.
 */
export async function installGems(fn: ProjectFunction, context: BuildContext): Promise<string | undefined> {
  const present = new Map<string, Buffer>();
  for (const name of INPUTS) {
    const content = await readFile(join(fn.directory, name)).catch(() => undefined);
    if (content !== undefined) present.set(name, content);
  }
  if (!present.has('Gemfile')) return undefined;
  const ruby = await rubyOf(fn, context);
  const hash = createHash('sha256').update(`${ruby}\n`);
  for (const [name, content] of present) hash.update(`${name} ${content.length}\n`).update(content);
  const folder = await cachedFolder(context.workspace, 'bundler', hash.digest('hex'), async (draft) => {
    for (const name of present.keys()) await copyFile(join(fn.directory, name), join(draft, name));
    await runTool(
      {
        functionName: fn.name,
        program: 'bundle',
        // `--standalone` also writes bundler/setup.rb, which adds the gems to the load path without RubyGems.
        arguments: ['install', '--standalone', '--jobs=4', '--retry=2'],
        directory: draft,
        environment: {
          BUNDLE_GEMFILE: join(draft, 'Gemfile'),
          BUNDLE_APP_CONFIG: join(draft, '.bundle'),
          BUNDLE_PATH: join(draft, 'gems'),
          BUNDLE_WITHOUT: 'development:test',
          BUNDLE_DISABLE_SHARED_GEMS: 'true',
          BUNDLE_FROZEN: String(present.has('Gemfile.lock')),
          BUNDLE_SILENCE_ROOT_WARNING: 'true',
        },
        why: WHY,
      },
      context,
    );
  });
  return join(folder, 'gems');
}

/** The Ruby that Bundler runs on, whose version and platform its gems fit. */
async function rubyOf(fn: ProjectFunction, context: BuildContext): Promise<string> {
  const lines = await runTool(
    {
      functionName: fn.name,
      program: 'ruby',
      arguments: ['--disable=gems', '-e', 'puts RUBY_DESCRIPTION'],
      directory: fn.directory,
      why: WHY,
    },
    { ...context, log: () => undefined },
  );
  return lines.at(-1) ?? '';
}
