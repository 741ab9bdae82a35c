import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { authorsPosition } from './source-map.ts';

/** Whose code a stack frame is in. `loader`: Node's module loader. */
type Origin = 'author' | 'node' | 'loader' | 'lam';

type Formatter = (error: Error, frames: readonly unknown[]) => unknown;

/** URL of the scripts that stand in for cached CommonJS modules. */
export const STAND_IN_URL = 'lam:stand-in';

const FRAME = /^\s+at /;

/** File of the bootstrap. */
let ownFile = 'lam:bootstrap';
/** The folder of the function's code, also without symbolic links, as Node names files in it. */
let roots: readonly string[] = [];
let taskRoot: string | undefined;
/** Node's formatter; older versions have none that can be called. */
let original: Formatter | undefined;

/**
 * Formats stacks, also those that the function prints: leaves out frames of lam, and shows frames of bundles in lines of
 * the author's sources. V8 calls the formatter when a stack is first read, so that other errors cost nothing. Functions
 * may replace it. `file`: the bootstrap.
 */
export function installStackFormat(file: string): void {
  ownFile = file;
  original = Error.prepareStackTrace as Formatter | undefined;
  const format: Formatter = (error, sites) => {
    const frames = shownSites(sites as readonly NodeJS.CallSite[]);
    // Node's own formatter adds codes to the names of its errors.
    if (original !== undefined) return original(error, frames);
    return [Error.prototype.toString.call(error), ...frames].join('\n    at ');
  };
  Error.prepareStackTrace = format as typeof Error.prepareStackTrace;
}

/** Lets Node format stacks by source maps, for functions that ask for it (`--enable-source-maps`). */
export function leaveStacksToNode(): void {
  Error.prepareStackTrace = original as typeof Error.prepareStackTrace;
  process.setSourceMapsEnabled(true);
}

/** Sets the folder of the function's code: paths below it are shown relative to it. */
export function setTaskRoot(root: string): void {
  taskRoot = root;
}

function rootsOf(): readonly string[] {
  if (taskRoot !== undefined) roots = [...new Set([taskRoot, realpathOf(taskRoot)])];
  taskRoot = undefined;
  return roots;
}

/** Returns `text` with paths in the function's folder relative to it; quoted ones begin with `./`, as in an import. */
export function relativePaths(text: string): string {
  let shortened = text;
  for (const root of rootsOf())
    for (const prefix of [`${pathToFileURL(root).href}/`, `${root}/`])
      shortened = shortened.replaceAll(`'${prefix}`, "'./").replaceAll(`"${prefix}`, '"./').replaceAll(prefix, '');
  return shortened;
}

/**
 * Returns a stack, or a text with stacks in it, without frames of lam, with relative paths in its other frames. Covers
 * stacks that another formatter made.
 */
export function tidyFrames(text: string): string {
  const lines = text.split('\n');
  const isShown = shown(lines.map((line) => (FRAME.test(line) ? originOf(placeIn(line)) : 'author')));
  return lines
    .filter((_, index) => isShown(index))
    .map((line) => (FRAME.test(line) ? relativePaths(line) : line))
    .join('\n');
}

/** The frames of a stack up to the author's outermost one, as lines, without those of lam and of Node's loader. */
export function framesOf(stack: string): readonly string[] {
  const lines = stack.split('\n').filter((line) => FRAME.test(line));
  const origins = lines.map((line) => originOf(placeIn(line)));
  const outermost = origins.lastIndexOf('author');
  return lines.filter((_, index) => index <= outermost && origins[index] !== 'lam' && origins[index] !== 'loader');
}

/** File or URL, line and column of a frame's line, or what it has instead. */
function placeIn(line: string): string {
  return /\(([^()]*:\d+:\d+)\)$/.exec(line)?.[1] ?? line.replace(/^\s+at (?:async )?/, '');
}

function originOf(place: string): Origin {
  if (place.startsWith(ownFile) || place.startsWith(STAND_IN_URL)) return 'lam';
  if (place.startsWith('node:internal/modules/')) return 'loader';
  // Without a file: code of V8, such as JSON.parse.
  return place.startsWith('node:') || /(?:^|\()<anonymous>\)?$/.test(place) || place === '' ? 'node' : 'author';
}

/**
 * Decides which frames are shown: all up to the author's outermost one but those of lam. Those further out are shown if
 * neither lam nor the loader is among them; without a frame of the author, those up to the first of these two.
 */
function shown(origins: readonly Origin[]): (index: number) => boolean {
  const outermost = origins.lastIndexOf('author');
  const isMachinery = (origin: Origin): boolean => origin === 'lam' || origin === 'loader';
  const machinery = origins.findIndex((origin, index) => index > outermost && isMachinery(origin));
  const end = machinery === -1 ? origins.length : outermost === -1 ? machinery : outermost + 1;
  return (index) => index < end && origins[index] !== 'lam';
}

function shownSites(sites: readonly NodeJS.CallSite[]): readonly string[] {
  const isShown = shown(sites.map((site) => originOf(site.getScriptNameOrSourceURL() ?? '')));
  return sites.filter((_, index) => isShown(index)).map(textOf);
}

/** A frame as V8 writes it, in the author's lines where a source map has them. */
function textOf(site: NodeJS.CallSite): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- call sites have a toString of their own
  const text = String(site);
  const file = site.getFileName();
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
  if (typeof file !== 'string' || line === null || column === null) return text;
  const place = authorsPosition(rootsOf(), { file, line, column });
  return place === undefined ? text : text.replace(`${file}:${line}:${column}`, () => place);
}

function realpathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
