import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { lamError, messageOf } from '../errors/index.ts';
import { declarationsOf } from './declaration.ts';
import { parseSource } from './document.ts';
import { findProjectFile } from './locate.ts';
import { withOthersFolders } from './folders.ts';
import { meaningFaults } from './meaning.ts';
import type { Project, ProjectFault } from './project.ts';
import { TRIGGER_KINDS, type TriggerKind } from '../triggers/index.ts';
import { projectFunction } from './project-function.ts';
import { structureFaults } from './structure.ts';

/**
 * Loads the project of the folder `from`, whose file is in it or in a folder above. Throws `LAM_PROJECT_NOT_FOUND`, or
 * `LAM_PROJECT_INVALID` with all faults of the file in the order of its lines. `kinds`: known kinds of triggers.
 */
export async function loadProject(from: string, kinds: readonly TriggerKind[] = TRIGGER_KINDS): Promise<Project> {
  const file = await findProjectFile(from);
  if (file === undefined) throw lamError('LAM_PROJECT_NOT_FOUND', { from: resolve(from) });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const message = `it cannot be read (${messageOf(error)})`;
    throw lamError('LAM_PROJECT_INVALID', { file, faults: [{ line: 1, column: 1, path: '', message }] }, error);
  }
  return parseProject(text, file, kinds);
}

/** Like {@link loadProject}, for a text that was read from `file` (absolute path). */
export async function parseProject(
  text: string,
  file: string,
  kinds: readonly TriggerKind[] = TRIGGER_KINDS,
): Promise<Project> {
  const root = dirname(file);
  const source = parseSource(text);
  if (source.syntaxFaults.length > 0) throw invalid(file, source.syntaxFaults);
  const declarations = declarationsOf(source.value);
  const faults = [...structureFaults(source, kinds), ...(await meaningFaults(source, declarations, root, kinds))];
  if (faults.length > 0) throw invalid(file, faults);
  return {
    root,
    file,
    functions: withOthersFolders(declarations.map((declaration) => projectFunction(declaration, source, root, kinds))),
  };
}

function invalid(file: string, faults: readonly ProjectFault[]): Error {
  const seen = new Set<string>();
  const distinct = faults
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    // `defaults` are checked once per function and must be reported once.
    .filter((fault) => {
      const key = `${fault.line}:${fault.column} ${fault.message}`;
      return !seen.has(key) && seen.add(key);
    });
  return lamError('LAM_PROJECT_INVALID', { file, faults: distinct });
}
