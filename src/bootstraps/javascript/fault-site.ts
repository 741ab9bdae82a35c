import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as NodeVm from 'node:vm';
import { framesOf, relativePaths } from './stack.ts';

/** Longest line of an excerpt, characters; bundles have lines of a megabyte. */
const LINE_LIMIT = 160;
/** Characters before the fault in an excerpt that had to be cut. */
const BEFORE = 60;
/** Most modules that are read to find an import. */
const MOST_MODULES = 500;
/** Name of the script that rethrows an error, and the key of that error. */
const RETHROWER = 'lam:rethrow';
const THROWN = Symbol.for('lam.thrown');

/** `… from 'x'`, `import 'x'` and `import('x')`. */
const IMPORT = /\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g;

/** Where an error of loading is: `file:line`, the line, and carets below the fault. */
type FaultSite = readonly string[];

/** Finds the place of an error of loading in the author's files; empty if it cannot be told. `entry`: the handler's file. */
export function siteOf(error: Error, entry: string | undefined): FaultSite {
  return placeOfSyntaxError(error) ?? placeOfJson(error) ?? placeOfFrame(error) ?? placeOfImport(error, entry) ?? [];
}

/**
 * Adds its place to an error that names none: one of a module that cannot be loaded. `entry`: the handler's file, if it
 * is loaded now.
 */
export function pointOut(error: Error, entry?: string): void {
  const stack = error.stack ?? '';
  if (framesOf(stack).length > 0) return;
  const isLoading = entry !== undefined && typeof Reflect.get(error, 'code') === 'string';
  const site = placeOfSyntaxError(error) ?? (isLoading ? placeOfImport(error, entry) : undefined);
  const [place] = site ?? [];
  if (site === undefined || place === undefined) return;
  const head = stack.split('\n    at ', 1)[0] ?? '';
  error.stack = [relativePaths(head), ...site, `    at ${place}`].join('\n');
  error.message = relativePaths(error.message);
}

/**
 * The place that V8 noted on a syntax error. Node prints it only when the error ends the process: a script that rethrows
 * the error with `displayErrors` makes Node add it to the stack.
 */
function placeOfSyntaxError(error: Error): FaultSite | undefined {
  if (error.name !== 'SyntaxError') return undefined;
  const { stack } = error;
  const known = arrowOf(stack);
  if (known !== undefined) return known;
  // Loaded only here: it would delay every start.
  const vm = createRequire('/')('node:vm') as typeof NodeVm;
  Reflect.set(globalThis, THROWN, error);
  try {
    vm.runInThisContext(`throw globalThis[Symbol.for('lam.thrown')]`, { filename: RETHROWER, displayErrors: true });
  } catch {
    Reflect.deleteProperty(globalThis, THROWN);
  }
  const found = arrowOf(error.stack);
  // Without a place of its own, the error was given that of the script.
  if (found === undefined) Reflect.set(error, 'stack', stack);
  return found;
}

/** The lines that Node put before the head of a stack: place, line and carets; undefined for none. */
function arrowOf(stack = ''): FaultSite | undefined {
  const lines = stack.split('\n');
  const head = lines.findIndex((line) => line.startsWith('SyntaxError'));
  const [place = '', text = '', carets = ''] = lines;
  if (head < 3 || place.startsWith(RETHROWER)) return undefined;
  const more = lines.slice(3, head).filter((line) => line !== '');
  const [start, end] = [carets.indexOf('^'), carets.lastIndexOf('^') + 1];
  if (text.trim() === '') return endOfCode(place) ?? [relativePaths(place)];
  // Node puts no carets beyond its buffer of a thousand characters.
  return [relativePaths(place), ...(start === -1 ? [] : excerpt(text, start, end - start)), ...more];
}

/** The end of the last line with code, for code that ends too early. */
function endOfCode(place: string): FaultSite | undefined {
  const file = pathOf(place.replace(/:\d+$/, ''));
  const text = read(file)?.trimEnd();
  return text === undefined ? undefined : siteIn(file, text, text.length, 1);
}

/** V8 names no place in a short JSON text. */
function placeOfJson(error: Error): FaultSite | undefined {
  const file = /^(\/.*?\.json): /.exec(error.message)?.[1];
  const text = file === undefined ? undefined : read(file);
  return file === undefined || text === undefined ? undefined : siteIn(file, text, endOfValidJson(text), 1);
}

/** The length of the longest start of `text` that could be continued to JSON. */
function endOfValidJson(text: string): number {
  let [valid, invalid] = [0, text.length + 1];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >>> 1;
    if (canContinue(text.slice(0, middle))) valid = middle;
    else invalid = middle;
  }
  return valid;
}

function canContinue(start: string): boolean {
  try {
    JSON.parse(start);
    return true;
  } catch (error) {
    const { message } = error as SyntaxError;
    return message.startsWith('Unexpected end') || message.includes(`at position ${start.length}`);
  }
}

/** The place of the innermost frame of the author, for an error that a statement of theirs raised. */
function placeOfFrame(error: Error): FaultSite | undefined {
  for (const frame of framesOf(error.stack ?? '')) {
    const [, place = '', line, column] =
      /(?:\(|at (?:async )?)((?:file:\/\/)?\/[^()]*):(\d+):(\d+)\)?$/.exec(frame) ?? [];
    const file = pathOf(place);
    const text = file === '' ? undefined : read(file);
    if (text !== undefined) return siteIn(file, text, offsetOf(text, Number(line), Number(column)), 1);
  }
  return undefined;
}

/** The import that an error without frames is about: one of a module that is missing or cannot be imported. */
function placeOfImport(error: Error, entry: string | undefined): FaultSite | undefined {
  const importer = /imported from (\/.*)$/m.exec(error.message)?.[1];
  const start = importer ?? entry;
  if (start === undefined) return undefined;
  const named = new Set(error.message.split(/['"\s]+/));
  for (const file of importer === undefined ? modulesFrom(start) : [start]) {
    const text = read(file) ?? '';
    for (const { specifier, offset, path } of importsOf(file, text))
      if (isNamed(named, specifier, path)) return siteIn(file, text, offset, specifier.length + 2);
  }
  return undefined;
}

/** The author's modules that `entry` imports, and itself, nearest first. */
function* modulesFrom(entry: string): Generator<string> {
  const modules = new Set([entry]);
  for (const file of modules) {
    yield file;
    for (const { path } of importsOf(file, read(file) ?? ''))
      if (path !== undefined && modules.size < MOST_MODULES && existsSync(path)) modules.add(path);
  }
}

function isNamed(named: ReadonlySet<string>, specifier: string, path: string | undefined): boolean {
  if (path !== undefined) return named.has(path) || named.has(pathToFileURL(path).href);
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const manifest = `/node_modules/${name}/package.json`;
  return named.has(specifier) || named.has(name) || [...named].some((word) => word.endsWith(manifest));
}

/** An import as it stands in a module. `path`: of the module that a relative one names. */
interface Import {
  readonly specifier: string;
  readonly offset: number;
  readonly path: string | undefined;
}

function* importsOf(file: string, text: string): Generator<Import> {
  for (const match of text.matchAll(IMPORT)) {
    const [whole, , specifier = ''] = match;
    const line = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index).trimStart();
    if (line.startsWith('//') || line.startsWith('*')) continue;
    const path = specifier.startsWith('.') ? resolve(dirname(file), specifier) : undefined;
    yield { specifier, path, offset: match.index + whole.length - specifier.length - 2 };
  }
}

function siteIn(file: string, text: string, offset: number, length: number): FaultSite {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  const end = text.indexOf('\n', offset);
  const line = text.slice(start, end === -1 ? undefined : end);
  return [`${relativePaths(file)}:${before.split('\n').length}`, ...excerpt(line, offset - start, length)];
}

/** The line and carets below it; a long line is cut around them. */
function excerpt(line: string, column: number, length: number): readonly string[] {
  const from = line.length > LINE_LIMIT ? Math.max(0, column - BEFORE) : 0;
  const shown = line.slice(from, from + LINE_LIMIT).trimEnd();
  const carets = '^'.repeat(Math.max(1, Math.min(length, LINE_LIMIT - (column - from))));
  // Tabs stay tabs, so that the carets stand below the fault.
  return [
    shown,
    shown
      .slice(0, column - from)
      .replaceAll(/[^\t]/g, ' ')
      .padEnd(column - from) + carets,
  ];
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line && start !== -1; at++) start = text.indexOf('\n', start) + 1;
  return start + column - 1;
}

const pathOf = (place: string): string => (place.startsWith('file:') ? fileURLToPath(place) : place);

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
