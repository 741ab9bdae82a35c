import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isFunctionName } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { nearest } from '../kit/index.ts';
import { projectSchema, SCHEMA_PATH } from '../project/index.ts';
import { nearestRuntimeTo, parseRuntime } from '../runtimes/index.ts';
import { parseGitSource, withClone } from './git-clone.ts';
import { layOut } from './lay-out.ts';
import { listTemplates } from './list-templates.ts';
import { readTemplate, type TemplateEntry, type TemplateValues } from './read-template.ts';

export interface ScaffoldRequest {
  /** The function's name. */
  readonly name: string;
  /** A runtime identifier; also replaces `{{runtime}}` in the template. */
  readonly runtime: string;
  /** Base URL of the daemon's HTTP port, without a slash at the end; replaces `{{url}}` in the template. */
  readonly url: string;
  /** Default: the runtime's default. Ignored with `from`. */
  readonly template?: string;
  /** A folder, or the address of a git repository with an optional `#BRANCH`; a relative path is read from `cwd`. */
  readonly from?: string;
  /** Absolute path of the folder that the author works in. */
  readonly cwd: string;
  /** Absolute path of the folder to make. */
  readonly directory: string;
  /** Write into a folder that is not empty, over files of the same names. */
  readonly force: boolean;
  /** Absolute path of the folder that holds `<runtime>/<template>/`. */
  readonly templatesRoot: string;
}

export interface Scaffolded {
  readonly directory: string;
  /** Its source: `nodejs/hello`, or `from` as given. */
  readonly template: string;
  /** Relative paths of what was written, sorted. */
  readonly files: readonly string[];
}

/** Creates a project from a template, atomically. Throws `LAM_SCAFFOLD_*`. */
export async function scaffold(request: ScaffoldRequest): Promise<Scaffolded> {
  if (!isFunctionName(request.name)) throw lamError('LAM_SCAFFOLD_INVALID_NAME', { name: request.name });
  const { name, runtime, url } = request;
  const values: TemplateValues = { name, runtime, url };
  const { label, entries } =
    request.from === undefined
      ? await ownTemplate(request, values)
      : { label: request.from, entries: await foreignTemplate(request.from, request.cwd, values) };
  const all = withSchema(entries);
  await layOut(all, request.directory, request.force);
  return { directory: request.directory, template: label, files: all.map(({ path }) => path).toSorted() };
}

async function ownTemplate(
  request: ScaffoldRequest,
  values: TemplateValues,
): Promise<{ label: string; entries: readonly TemplateEntry[] }> {
  const templates = await listTemplates(request.templatesRoot);
  const asked = parseRuntime(request.runtime);
  const ofRuntime = templates.filter(({ runtime }) => runtime === asked?.family);
  if (asked === undefined || ofRuntime.length === 0) {
    const known = [...new Set(templates.map(({ runtime }) => runtime))];
    throw lamError('LAM_SCAFFOLD_UNKNOWN_RUNTIME', {
      runtime: request.runtime,
      known,
      ...nearestRuntimeTo(request.runtime),
    });
  }
  const wanted = request.template ?? asked.descriptor.defaultTemplate;
  const found = ofRuntime.find(({ template }) => template === wanted);
  if (found === undefined) {
    const known = ofRuntime.map(({ template }) => template);
    const elsewhere = templates.find(({ template }) => template === wanted)?.runtime;
    throw lamError('LAM_SCAFFOLD_UNKNOWN_TEMPLATE', {
      runtime: request.runtime,
      template: wanted,
      known,
      ...suggestion(wanted, known),
      ...(elsewhere === undefined ? {} : { elsewhere }),
    });
  }
  const label = `${asked.family}/${wanted}`;
  return { label, entries: await readTemplate(found.directory, label, values) };
}

async function foreignTemplate(from: string, cwd: string, values: TemplateValues): Promise<readonly TemplateEntry[]> {
  if (from === '') throw lamError('LAM_SCAFFOLD_SOURCE_INVALID', { from });
  const path = resolve(cwd, from);
  if (await isPlainFolder(path)) return readTemplate(path, from, values);
  // A bare repository is a folder, but not itself the template.
  const source = parseGitSource(from) ?? ((await isFolder(path)) ? { url: from, branch: undefined } : undefined);
  if (source === undefined) throw lamError('LAM_SCAFFOLD_SOURCE_INVALID', { from });
  const local = resolve(cwd, source.url);
  return withClone((await isFolder(local)) ? { ...source, url: local } : source, (folder) =>
    readTemplate(folder, from, values),
  );
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function isPlainFolder(path: string): Promise<boolean> {
  if (!(await isFolder(path))) return false;
  const names = await readdir(path);
  return !['HEAD', 'objects', 'refs'].every((name) => names.includes(name));
}

function suggestion(word: string, known: readonly string[]): { nearest?: string } {
  const found = nearest(word, known);
  return found === undefined ? {} : { nearest: found };
}

/** Adds the schema, so that editors complete lam.yaml offline. */
function withSchema(entries: readonly TemplateEntry[]): readonly TemplateEntry[] {
  const content = Buffer.from(`${JSON.stringify(projectSchema(), null, 2)}\n`);
  return [
    ...entries.filter(({ path }) => path !== SCHEMA_PATH),
    { kind: 'file', path: SCHEMA_PATH, content, executable: false },
  ];
}
