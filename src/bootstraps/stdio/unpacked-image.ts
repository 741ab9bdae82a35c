import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { UNPACKED_FILE, type UnpackedImage } from '../../runtimes/unpacked-image.ts';
import { LoadFault } from '../program/host.ts';
import type { Command } from './started-command.ts';

/** Folders of an image whose programs those of this machine stand in for. */
const SYSTEM = /^(?:\/usr(?:\/local)?)?\/s?bin$/;
/** Programs that run code of others, and the names under which a machine may have them. */
const INTERPRETERS: readonly (readonly [name: RegExp, candidates: (name: string) => readonly string[]])[] = [
  [/^python(?:\d+(?:\.\d+)?)?$/, (name) => [name, 'python3', 'python']],
  [/^node(?:js)?$/, () => ['node', 'nodejs']],
  [/^(?:ash|dash|sh|bash)$/, (name) => [name, ...(name === 'ash' ? ['dash', 'sh'] : [])]],
  [/^(?:ruby|perl|php|java|deno|bun|env)(?:\d+(?:\.\d+)*)?$/, (name) => [name, name.replace(/\d.*$/, '')]],
];
/** Variables of the sandbox that an image's own do not replace. */
const OF_SANDBOX = /^(?:PATH|HOME|TMPDIR|PWD|NODE_OPTIONS|LAM_.*|_?AWS_.*|LAMBDA_.*)$/;
/** Where pip puts packages, in images of Python's maintainers. */
const PYTHON_LIBRARIES = 'usr/local/lib';

/**
 * The command of a package that is an unpacked image: its own start command, with its paths below `taskRoot`, and the
 * interpreters of this machine. Throws {@link LoadFault} where the machine lacks what it starts.
 */
export function unpackedCommand(taskRoot: string): Command {
  const image = readImage(taskRoot);
  const inImage = (path: string): string => join(taskRoot, path);
  const words = [...image.entryPoint, ...image.command];
  const [first, ...rest] = words;
  if (first === undefined || first === '') throw fault('the image has neither an entry point nor a command');
  const wanted = inImage(image.workingDirectory);
  const directory = isFolder(wanted) ? wanted : taskRoot;
  const mapped = (path: string): string => (path.startsWith('/') && existsSync(inImage(path)) ? inImage(path) : path);
  return {
    program: programOf(first, { image, inImage, directory }),
    arguments: rest.map(mapped),
    directory,
    environment: {
      ...environmentOf(image, mapped),
      ...pythonPath(image, taskRoot, mapped),
      PATH: pathWithNode(),
    },
  };
}

function readImage(taskRoot: string): UnpackedImage {
  return JSON.parse(readFileSync(join(taskRoot, UNPACKED_FILE), 'utf8')) as UnpackedImage;
}

interface Place {
  readonly image: UnpackedImage;
  readonly inImage: (path: string) => string;
  readonly directory: string;
}

function programOf(word: string, { image, inImage, directory }: Place): string {
  const name = basename(word);
  const isPlain = !word.includes('/');
  const [, candidates] = INTERPRETERS.find(([pattern]) => pattern.test(name)) ?? [];
  if (candidates !== undefined && (isPlain || SYSTEM.test(dirname(word)))) return ofThisMachine(word, candidates(name));
  if (word.startsWith('/')) return existsSync(inImage(word)) ? inImage(word) : word;
  if (!isPlain) return resolve(directory, word);
  const folders = (image.environment['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const found = folders.map((folder) => inImage(join(folder, word))).find((path) => existsSync(path));
  return found ?? ofThisMachine(word, [word]);
}

/** The first of these programs that this machine has. */
function ofThisMachine(word: string, names: readonly string[]): string {
  const folders = pathWithNode().split(delimiter);
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  const others = [...new Set(names)].join(', ');
  throw fault(
    `the image starts '${word}', and without Docker this machine's own programs run it, of which ${others} is not there`,
  );
}

function environmentOf(
  { environment }: UnpackedImage,
  mapped: (path: string) => string,
): Readonly<Record<string, string>> {
  const own = Object.entries(environment).filter(([name]) => !OF_SANDBOX.test(name));
  return Object.fromEntries(own.map(([name, value]) => [name, value.split(':').map(mapped).join(':')]));
}

/** Where Python finds what pip installed in the image. */
function pythonPath(
  { environment }: UnpackedImage,
  taskRoot: string,
  mapped: (path: string) => string,
): Readonly<Record<string, string>> {
  const libraries = join(taskRoot, PYTHON_LIBRARIES);
  const folders = (existsSync(libraries) ? readdirSync(libraries) : [])
    .filter((name) => name.startsWith('python'))
    .map((name) => join(libraries, name, 'site-packages'))
    .filter(isFolder);
  const own = environment['PYTHONPATH'];
  const all = [...(own === undefined || own === '' ? [] : own.split(':').map(mapped)), ...folders];
  return all.length === 0 ? {} : { PYTHONPATH: all.join(':') };
}

let path: string | undefined;

/** PATH, with lam's own Node at its end where it has none. */
function pathWithNode(): string {
  path ??= madePath(process.env['PATH'] ?? '');
  return path;
}

function madePath(own: string): string {
  const hasNode = own.split(delimiter).some((folder) => existsSync(join(folder, 'node')));
  // The single binary of lam runs no other program by this name.
  if (hasNode || !basename(process.execPath).startsWith('node')) return own;
  const folder = mkdtempSync(join(tmpdir(), '.lam-bin-'));
  symlinkSync(process.execPath, join(folder, 'node'));
  return `${own}${delimiter}${folder}`;
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

function fault(message: string): LoadFault {
  return new LoadFault('Runtime.InvalidEntrypoint', message);
}
