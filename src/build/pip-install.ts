import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isLamError, lamError } from '../errors/index.ts';
import type { ProjectFunction } from '../project/index.ts';
import { parseRuntime } from '../runtimes/index.ts';
import type { BuildContext } from './artifact.ts';
import { cachedFolder } from './dependency-cache.ts';
import { runTool } from './run-tool.ts';

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

/**
 * Installs requirements.txt with pip into a folder of the workspace; undefined when it is absent or empty. Equal text,
 * Python and machine type share a folder. Throws the errors of a build tool.
 */
export async function installPythonDependencies(
  fn: ProjectFunction,
  context: BuildContext,
): Promise<InstalledRequirements | undefined> {
  const file = join(fn.directory, 'requirements.txt');
  const requirements = await readRequirements(file, new Set());
  if (requirements === undefined || requirements.text.trim() === '') return undefined;
  const python = await findPython(fn, context);
  const install = async (folder: string): Promise<void> => {
    await runTool(
      {
        functionName: fn.name,
        program: python.program,
        title: `${python.program} -m pip install -r requirements.txt`,
        arguments: [
          '-m',
          'pip',
          'install',
          '-r',
          file,
          '--target',
          folder,
          '--no-compile',
          '--disable-pip-version-check',
          '--no-input',
        ],
        directory: fn.directory,
        // pip's warning about root concerns system folders; versions without the option ignore the variable.
        environment: { PIP_ROOT_USER_ACTION: 'ignore' },
        why: 'to install what requirements.txt declares',
      },
      context,
    );
  };
  if (requirements.isLocal) {
    await mkdir(context.workspace, { recursive: true });
    const folder = await mkdtemp(join(context.workspace, 'pip-'));
    await install(folder);
    return { folder, isTemporary: true };
  }
  const key = createHash('sha256').update(`${python.identity}\n`).update(requirements.text).digest('hex');
  return { folder: await cachedFolder(context.workspace, 'pip', key, install), isTemporary: false };
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

/** Finds the Python whose packages fit: that of the runtime's version, else `python3`. */
async function findPython(fn: ProjectFunction, context: BuildContext): Promise<{ program: string; identity: string }> {
  const version = parseRuntime(fn.config.runtime)?.version;
  const programs = [...(version === undefined ? [] : [`python${version}`]), 'python3'];
  const why = 'to install what requirements.txt declares';
  const script =
    'import sys, platform, importlib.util; print(sys.version_info[:2], platform.platform(), importlib.util.find_spec("pip") is not None)';
  for (const program of programs) {
    try {
      const quiet = { ...context, log: () => undefined };
      const lines = await runTool(
        { functionName: fn.name, program, arguments: ['-c', script], directory: fn.directory, why },
        quiet,
      );
      const identity = lines.at(-1) ?? '';
      if (!identity.endsWith('False')) return { program, identity };
    } catch (error) {
      // A version manager's stub of an absent Python fails like a broken tool; either cannot be used.
      if (!isLamError(error) || error.code === 'LAM_BUILD_CANCELLED') throw error;
    }
  }
  throw lamError('LAM_BUILD_TOOL_MISSING', { function: fn.name, tool: 'python3 with pip', why });
}
