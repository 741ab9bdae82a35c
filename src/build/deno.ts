import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import { DESCRIPTORS } from '../runtimes/index.ts';
import { bundledSources } from './bundled-sources.ts';
import { denoBundle } from './deno-bundle.ts';
import type { FamilyBuild } from './family-build.ts';
import { javascriptBuild } from './javascript.ts';

/** Members of deno.json that map imports. Deno reads them only beside the program that it starts, lam's client. */
const MAPS_IMPORTS = /"(?:imports|importMap|scopes)"\s*:/;

const handlerFile = (handler: string): string => DESCRIPTORS.deno.handler.file(handler);
const plain = javascriptBuild(handlerFile);

/** Deno runs what the author wrote, joined into one file where a deno.json maps imports or lam.yaml asks for it. */
export const deno: FamilyBuild = {
  ...plain,
  async sources(fn, context) {
    const entry = await bundleEntry(fn);
    if (entry === undefined) return plain.sources(fn, context);
    const name = `${handlerFile(fn.config.handler)}.mjs`;
    return bundledSources(fn, context, (folder) => denoBundle(fn, { entry, file: join(folder, name) }, context));
  },
};

async function bundleEntry(fn: ProjectFunction): Promise<string | undefined> {
  const isAsked = fn.build.bundle ?? (await mapsImports(fn.directory));
  if (!isAsked) return undefined;
  for (const path of plain.candidates(fn.config.handler)) {
    const found = await stat(join(fn.directory, path)).catch(() => undefined);
    if (found?.isFile() === true) return path;
  }
  return undefined;
}

async function mapsImports(directory: string): Promise<boolean> {
  const texts = await Promise.all(
    ['deno.json', 'deno.jsonc'].map((name) => readFile(join(directory, name), 'utf8').catch(() => '')),
  );
  return texts.some((text) => MAPS_IMPORTS.test(text));
}
