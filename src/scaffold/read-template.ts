import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { lamError } from '../errors/index.ts';

/** An entry of a template, with its final name and content. Paths are relative and `/`-separated. */
export type TemplateEntry =
  | { readonly kind: 'file'; readonly path: string; readonly content: Buffer; readonly executable: boolean }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

/** Values of `{{name}}`, `{{runtime}}` and `{{url}}` in names and texts. */
export interface TemplateValues {
  readonly name: string;
  readonly runtime: string;
  /** Base URL of the daemon's HTTP port, without a slash at the end. */
  readonly url: string;
}

/** Never part of a template: history and files of tools. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', '__pycache__', '.venv', '.DS_Store']);

/** Templates carry these dot files with a leading `_`, because npm omits or renames them in packages. */
const DOT_FILES: ReadonlySet<string> = new Set(['_gitignore', '_gitattributes', '_npmrc', '_npmignore', '_env']);

/** Limits of a template (bytes, entries); a larger one is a mistake, such as a home folder. */
const LIMIT_BYTES = 64 * 1024 * 1024;
const LIMIT_ENTRIES = 10_000;

/**
 * Reads a template. Throws `LAM_SCAFFOLD_TEMPLATE_INVALID` when a link leads out of it, it is too large or has no
 * lam.yaml. `label` names it in messages.
 */
export async function readTemplate(
  root: string,
  label: string,
  values: TemplateValues,
): Promise<readonly TemplateEntry[]> {
  const refuse = (what: string): Error => lamError('LAM_SCAFFOLD_TEMPLATE_INVALID', { template: label, what });
  const entries: TemplateEntry[] = [];
  const folders = [''];
  let bytes = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of (await readdir(join(root, folder))).toSorted()) {
      if (LEFT_OUT.has(name)) continue;
      const source = join(root, folder, name);
      const stats = await lstat(source);
      const path = posix.join(folder, name);
      if (stats.isDirectory()) {
        folders.push(path);
        continue;
      }
      const entry = stats.isSymbolicLink()
        ? await readLink(source, path)
        : stats.isFile()
          ? await readEntry(source, path, stats.mode, values)
          : undefined;
      if (entry === undefined) continue;
      if (entry.kind === 'symlink' && leadsOut(entry))
        throw refuse(`its link '${path}' to '${entry.target}' leads out of it`);
      bytes += stats.size;
      entries.push({ ...entry, path: finalPath(path, values) });
      if (bytes > LIMIT_BYTES) throw refuse(`it holds more than ${LIMIT_BYTES / 1024 / 1024} MiB`);
      if (entries.length > LIMIT_ENTRIES) throw refuse(`it holds more than ${LIMIT_ENTRIES} files`);
    }
  }
  if (!entries.some(({ path }) => path === 'lam.yaml' || path === 'lam.yml')) throw refuse('it holds no lam.yaml');
  return entries;
}

async function readLink(source: string, path: string): Promise<TemplateEntry> {
  return { kind: 'symlink', path, target: await readlink(source) };
}

async function readEntry(source: string, path: string, mode: number, values: TemplateValues): Promise<TemplateEntry> {
  const content = fill(await readFile(source), path, values);
  // Modes may be lost in transit, so a shebang also marks an executable.
  const executable = (mode & 0o111) !== 0 || content.subarray(0, 2).toString('latin1') === '#!';
  return { kind: 'file', path, content, executable };
}

/** Whether a link's target is absolute, leaves the root, or passes through another link. */
function leadsOut({ path, target }: Extract<TemplateEntry, { kind: 'symlink' }>): boolean {
  if (target.startsWith('/') || target.includes('\\')) return true;
  // `..` after a folder is refused: that folder may itself be a link.
  if (/[^./][^/]*\/(?:.*\/)?\.\.(?:\/|$)/.test(target)) return true;
  const place = posix.normalize(posix.join(posix.dirname(path), target));
  return place === '..' || place.startsWith('../');
}

function fill(content: Buffer, path: string, values: TemplateValues): Buffer {
  if (content.includes(0)) return content;
  const text = content.toString('utf8');
  // Not UTF-8 text.
  if (!Buffer.from(text).equals(content)) return content;
  const filled = substitute(text, values);
  return Buffer.from(path === 'lam.yaml' || path === 'lam.yml' ? withName(filled, values.name) : filled);
}

/** Replaces the function's name in a project that is used as a template. */
function withName(text: string, name: string): string {
  return text.replace(
    /^name:[ \t]*(?:"[^"\n]*"|'[^'\n]*'|[^#\n]*?)([ \t]*(?:#.*)?)$/m,
    `name: ${quotedIfNeeded(name)}$1`,
  );
}

/** Quotes names that YAML would read as a number or boolean. */
function quotedIfNeeded(name: string): string {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(name) && !/^(?:true|false|null)$/i.test(name) ? name : `'${name}'`;
}

function finalPath(path: string, values: TemplateValues): string {
  const parts = substitute(path, values).split('/');
  return parts.map((part) => (DOT_FILES.has(part) ? `.${part.slice(1)}` : part)).join('/');
}

function substitute(text: string, values: TemplateValues): string {
  return text
    .replaceAll('{{name}}', values.name)
    .replaceAll('{{runtime}}', values.runtime)
    .replaceAll('{{url}}', values.url);
}
