import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A template that comes with lam. */
export interface Template {
  /** The runtime's family: the first folder below the templates' root. */
  readonly runtime: string;
  readonly template: string;
  /** Description: the first line of its README. */
  readonly description: string;
  /** Absolute path. */
  readonly directory: string;
}

/** The templates under `templatesRoot`, laid out as `<runtime>/<template>/`, by runtime and name. */
export async function listTemplates(templatesRoot: string): Promise<readonly Template[]> {
  const templates: Template[] = [];
  for (const runtime of await foldersIn(templatesRoot)) {
    for (const template of await foldersIn(join(templatesRoot, runtime))) {
      const directory = join(templatesRoot, runtime, template);
      templates.push({ runtime, template, description: await descriptionOf(directory), directory });
    }
  }
  return templates;
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).toSorted();
  const kinds = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).isDirectory()));
  return names.filter((_, index) => kinds[index]);
}

async function descriptionOf(directory: string): Promise<string> {
  const readme = await readFile(join(directory, 'README.md'), 'utf8').catch(() => '');
  return readme.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
}
