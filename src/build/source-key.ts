import { createHash } from 'node:crypto';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { collect } from './collect.ts';
import { digestFiles } from './digest.ts';
import type { PackageRules } from './package-rules.ts';

/**
 * Returns a key of a function's source for builds that are kept: all files of its folder but those of `leftOut` (names
 * of folders in it) and those that no compiler reads, the processor, and `madeWith`.
 */
export async function sourceKey(
  fn: ProjectFunction,
  { leftOut, madeWith }: { readonly leftOut: readonly string[]; readonly madeWith: readonly string[] },
  context: BuildContext,
): Promise<string> {
  const folders = new Set([...leftOut, '.git', '.lam', 'events', 'node_modules']);
  const rules: PackageRules = {
    enters: (folder) => !folders.has(folder),
    takes: (path) => !/^(?:README\.md|lam\.ya?ml)$/.test(path),
  };
  const found = await collect(fn.name, { root: fn.directory, prefix: '', rules }, [], context.ownOutput);
  const files = found.filter((each) => each.kind === 'file');
  const entries = (await digestFiles(fn.name, files, context)).map((each) => JSON.stringify(each));
  const hash = createHash('sha256').update(JSON.stringify([process.arch, ...madeWith]));
  return hash.update(entries.toSorted((a, b) => (a < b ? -1 : 1)).join('\n')).digest('hex');
}
