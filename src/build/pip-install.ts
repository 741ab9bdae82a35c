import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isLamError, lamError } from '../errors/index.ts';
import type { ProjectFunction } from '../project/index.ts';
import { parseRuntime } from '../runtimes/index.ts';
import type { BuildContext } from './artifact.ts';
import { cachedFolder } from './dependency-cache.ts';
import { newDraft } from './drafts.ts';
import { runTool, type ToolCommand } from './run-tool.ts';
import { toolchainVersion } from './toolchains.ts';

/** Contents of requirements.txt and of the files it refers to. */
interface Requirements {
  readonly text: string;
  /** Refers to local folders, whose content may change while the text does not. */
  readonly isLocal: boolean;
}

export interface InstalledRequirements {
  readonly folder: string;
  /** Used by this build only; removed after it. */
  readonly isTemporary: boolean;
}

const WHY = 'to install what requirements.txt declares';

/** Installs as pip does, but faster. */
const UV = { program: 'uv', ask: ['--version'] };

/**
 * Installs requirements.txt with uv, or with pip where there is no uv, into a folder of the workspace; undefined when it is absent or empty. Equal text,
 * Python and machine type share a folder. Throws the errors of a build tool.
 */
export async function installPythonDependencies(
  fn: ProjectFunction,
  context: BuildContext,
): Promise<InstalledRequirements | undefined> {
  const file = join(fn.directory, 'requirements.txt');
  const requirements = await readRequirements(file, new Set());
  if (requirements === undefined || requirements.text.trim() === '') return undefined;
  const hasUv = (await toolchainVersion(UV)) !== null;
  const python = await findPython(fn, context, { withPip: !hasUv });
  const install = async (folder: string): Promise<void> => {
    const tool = hasUv ? withUv(python.program, file, folder) : withPip(python.program, file, folder);
    await runTool({ functionName: fn.name, directory: fn.directory, why: WHY, ...tool }, context);
  };
  if (requirements.isLocal) {
    const folder = await newDraft(context.workspace);
    try {
      await install(folder);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    return { folder, isTemporary: true };
  }
  const key = createHash('sha256')
    .update(`${hasUv ? 'uv ' : ''}${python.identity}\n`)
    .update(requirements.text)
    .digest('hex');
  return { folder: await cachedFolder(context.workspace, 'pip', key, install), isTemporary: false };
}

type InstallCommand = Pick<ToolCommand, 'program' | 'title' | 'arguments' | 'environment'>;

function withPip(python: string, file: string, folder: string): InstallCommand {
  return {
    program: python,
    title: `${python} -m pip install -r requirements.txt`,
    arguments: [
      ...['-m', 'pip', 'install', '-r', file, '--target', folder],
      ...['--no-compile', '--disable-pip-version-check', '--no-input'],
    ],
    // pip's warning about root concerns system folders; versions without the option ignore the variable.
    environment: { PIP_ROOT_USER_ACTION: 'ignore' },
  };
}

function withUv(python: string, file: string, folder: string): InstallCommand {
  return {
    program: 'uv',
    title: 'uv pip install -r requirements.txt',
    // Copied, because links would lead into uv's cache.
    arguments: ['pip', 'install', '-r', file, '--target', folder, '--python', python, '--link-mode', 'copy'],
    environment: { NO_COLOR: '1' },
  };
}

/** Reads lines without comments and blanks, followed by those of files named with `-r` and `-c`. */
async function readRequirements(file: string, seen: Set<string>): Promise<Requirements | undefined> {
  if (seen.has(file)) return { text: '', isLocal: false };
  seen.add(file);
  const content = await readFile(file, 'utf8').catch(() => undefined);
  if (content === undefined) return undefined;
  const lines: string[] = [];
  let isLocal = false;
  for (const raw of content.split(/\r?\n/)) {
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    if (line === '') continue;
    lines.push(line);
    isLocal ||= /^(?:-e|--editable|\.|\/|file:)|@\s*file:/.test(line);
    const other = /^(?:-r|--requirement|-c|--constraint)[ =]?\s*(\S+)$/.exec(line)?.[1];
    if (other === undefined) continue;
    const nested = await readRequirements(resolve(dirname(file), other), seen);
    lines.push(nested?.text ?? '');
    isLocal ||= nested?.isLocal ?? false;
  }
  return { text: lines.join('\n'), isLocal };
}

/** Finds the Python whose packages fit: that of the runtime's version, else `python3`; `withPip`: one that has pip. */
async function findPython(
  fn: ProjectFunction,
  context: BuildContext,
  { withPip: needsPip }: { readonly withPip: boolean },
): Promise<{ program: string; identity: string }> {
  const version = parseRuntime(fn.config.runtime)?.version;
  const programs = [...(version === undefined ? [] : [`python${version}`]), 'python3'];
  const script =
    'import sys, platform, importlib.util; print(sys.version_info[:2], platform.platform(), importlib.util.find_spec("pip") is not None)';
  for (const program of programs) {
    try {
      const quiet = { ...context, log: () => undefined, step: () => undefined };
      const lines = await runTool(
        { functionName: fn.name, program, arguments: ['-c', script], directory: fn.directory, why: WHY },
        quiet,
      );
      const identity = lines.at(-1) ?? '';
      if (!needsPip || !identity.endsWith('False')) return { program, identity };
    } catch (error) {
      // A version manager's stub of an absent Python fails like a broken tool; either cannot be used.
      if (!isLamError(error) || error.code === 'LAM_BUILD_CANCELLED') throw error;
    }
  }
  throw lamError('LAM_BUILD_TOOL_MISSING', {
    function: fn.name,
    tool: 'python3 with pip',
    debian: 'python3-pip',
    why: WHY,
  });
}
