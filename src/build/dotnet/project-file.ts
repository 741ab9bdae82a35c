import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lamError } from '../../errors/index.ts';
import type { ProjectFunction } from '../../project/index.ts';

/** What lam reads in a project file of .NET. */
export interface DotnetProject {
  /** Name of the file: `Function.csproj`. */
  readonly file: string;
  readonly assembly: string;
  /** Whether it is a program that calls AWS's client itself. */
  readonly isProgram: boolean;
  /** `net8.0`; undefined where it inherits one. */
  readonly framework: string | undefined;
  /** Names of the packages it refers to. */
  readonly packages: readonly string[];
  /** Folders, relative to it, whose source is not its own. */
  readonly removed: readonly string[];
}

/**
 * Reads the project file in a function's folder; undefined where there is none. Throws `LAM_BUILD_PROJECTS_AMBIGUOUS`.
 */
export async function dotnetProject(fn: ProjectFunction): Promise<DotnetProject | undefined> {
  const files = (await readdir(fn.directory)).filter((name) => name.endsWith('.csproj'));
  if (files.length > 1)
    throw lamError('LAM_BUILD_PROJECTS_AMBIGUOUS', { function: fn.name, directory: fn.directory, files });
  const [file] = files;
  return file === undefined ? undefined : parseProject(file, await readFile(join(fn.directory, file), 'utf8'));
}

/** Reads the text of a project file. Pure. */
export function parseProject(file: string, text: string): DotnetProject {
  const code = text.replaceAll(/<!--[^]*?-->/g, '');
  const value = (name: string): string | undefined => new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(code)?.[1];
  const attributes = (element: string, name: string): readonly string[] =>
    [...code.matchAll(new RegExp(`<${element}\\b[^>]*?\\b${name}="([^"]*)"`, 'g'))].map((match) => match[1] ?? '');
  return {
    file,
    assembly: value('AssemblyName') ?? file.replace(/\.csproj$/, ''),
    isProgram: value('OutputType')?.toLowerCase() === 'exe',
    framework: value('TargetFramework'),
    packages: attributes('PackageReference', 'Include'),
    removed: attributes('Compile', 'Remove').flatMap((pattern) => {
      const folder = /^([\w.-]+(?:[\\/][\w.-]+)*)[\\/]\*\*/.exec(pattern)?.[1];
      return folder === undefined ? [] : [folder.replaceAll('\\', '/')];
    }),
  };
}
