import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, lamError } from '../../errors/index.ts';
import { nearest } from '../../kit/index.ts';
import type { ProjectFunction } from '../../project/index.ts';
import { parseClass, type ClassFile } from './class-file.ts';
import { jarEntry, jarNames } from './jar-entry.ts';

const INTERFACES: ReadonlySet<string> = new Set([
  'com/amazonaws/services/lambda/runtime/RequestHandler',
  'com/amazonaws/services/lambda/runtime/RequestStreamHandler',
]);

/** Where the classes of an artifact are on this machine. */
export interface Classes {
  /** Absolute paths, in the order of the class path. */
  readonly jars: readonly string[];
  /** Folder of unpacked classes, if any. */
  readonly folder: string | null;
}

/**
 * Checks that a handler's class and method are in the artifact, because AWS's client reports a missing one at the first
 * call only. Throws `LAM_BUILD_HANDLER_INVALID`. What classes outside of the artifact contribute is not known, and
 * accepted.
 */
export async function checkHandler(fn: ProjectFunction, classes: Classes): Promise<void> {
  const [className = '', method] = fn.config.handler.split('::');
  const name = className.replaceAll('.', '/');
  const found = await classNamed(classes, name);
  const refuse = (why: string): Error =>
    lamError('LAM_BUILD_HANDLER_INVALID', { function: fn.name, handler: fn.config.handler, why });
  // A layer may have it.
  if (found === undefined && fn.layers.length > 0) return;
  if (found === undefined) {
    const other = nearest(name, await namesIn(classes));
    const like = other === undefined ? '' : `; did you mean '${other.replaceAll('/', '.')}'?`;
    throw refuse(`no jar of the artifact has the class '${className}'${like}`);
  }
  if (method === undefined) {
    if (!(await some(classes, found, ({ interfaces }) => interfaces.some((each) => INTERFACES.has(each)))))
      throw refuse(
        `the class '${className}' is neither a RequestHandler nor a RequestStreamHandler, and no method is named`,
      );
  } else if (!(await some(classes, found, ({ methods }) => methods.includes(method)))) {
    // Overloads, and the bridges that compilers make for interfaces, have the same name.
    const own = [...new Set(found.methods)].filter((each) => !each.includes('<') && !each.includes('$'));
    throw refuse(
      `the class '${className}' has no method '${method}'${own.length === 0 ? '' : `, only ${own.join(', ')}`}`,
    );
  }
}

/** Whether `holds` is true of a class or one that it extends or implements; true where one of them is unknown. */
async function some(classes: Classes, from: ClassFile, holds: (file: ClassFile) => boolean): Promise<boolean> {
  if (holds(from)) return true;
  for (const name of [from.superclass, ...from.interfaces]) {
    if (name === null || name.startsWith('java/')) continue;
    const found = await classNamed(classes, name);
    if (found === undefined || (await some(classes, found, holds))) return true;
  }
  return false;
}

async function classNamed({ jars, folder }: Classes, name: string): Promise<ClassFile | undefined> {
  const path = `${name}.class`;
  for (const jar of jars) {
    const bytes = await jarEntry(jar, path);
    if (bytes !== undefined) return parseClass(bytes);
  }
  if (folder === null) return undefined;
  try {
    return parseClass(await readFile(join(folder, path)));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

async function namesIn({ jars }: Classes): Promise<readonly string[]> {
  const names = await Promise.all(jars.map((jar) => jarNames(jar)));
  return names
    .flat()
    .flatMap((name) => (/^(?!META-INF)[^$]*\.class$/.test(name) ? [name.replace(/\.class$/, '')] : []));
}
