import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pythonSizeFaults } from './python-size.ts';

/** A file of the tree. `path` is relative and `/`-separated. */
export interface HouseFile {
  readonly path: string;
  readonly text: string;
}

/** Checks one file; returns a line for each fault, without the file's name. */
type Rule = (file: HouseFile) => string[];

/** Words without meaning, refused in file names and exported names. */
const EMPTY_WORDS = ['utils', 'util', 'helpers', 'helper', 'manager', 'common', 'misc'];

/** The refused words: those in `code type` in the last column of the glossary, and words without meaning. */
export function refusedWords(glossary: string): string[] {
  const rows = glossary.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  const words = rows.flatMap((row) =>
    [...(row.split('|').at(-2) ?? '').matchAll(/`([a-z]+)`/g)].map((m) => m[1] ?? ''),
  );
  return [...new Set([...words, ...EMPTY_WORDS])];
}

/** Splits a name into words: `LogRecordStore` into log, record, store. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[\s_]+/);
}

function exportedNames(refused: readonly string[]): Rule {
  return ({ path, text }) => {
    if (!/^src\/.*\.ts$/.test(path)) return [];
    const names = [
      ...text.matchAll(
        /^export (?:declare |abstract |async )*(?:function\*?|class|const|interface|type) ([A-Za-z0-9_]+)/gm,
      ),
    ];
    return names.flatMap(([, name = '']) =>
      wordsOf(name)
        .filter((word) => refused.includes(word) || refused.includes(word.replace(/s$/, '')))
        .map((word) => `exports '${name}', but '${word}' is a word that docs/glossary.md refuses`),
    );
  };
}

const fileNames: Rule = ({ path }) => {
  const stem = (path.split('/').at(-1) ?? '').replace(/\..*$/, '');
  if (!path.startsWith('src/') || !EMPTY_WORDS.some((word) => stem.split('-').includes(word))) return [];
  return ['has a name that says nothing; name the file after what it holds'];
};

/** Only lamError(...) is thrown in src, except in bootstraps, which run without the catalogue of errors. */
const thrownErrors: Rule = ({ path, text }) => {
  if (!/^src\/(?!bootstraps\/).*\.ts$/.test(path)) return [];
  return [...text.matchAll(/throw new ([A-Z]\w*)/g)].map(
    ([, name]) => `throws new ${name}; throw lamError('LAM_...', {...}) from the catalogue`,
  );
};

const reasons: Rule = ({ path, text }) => {
  if (!/\.(?:ts|mjs|js)$/.test(path)) return [];
  const disables = [...text.matchAll(/^.*(?:\/\/|\/\*)\s*(?:oxlint|eslint)-disable[^\n]*/gm)];
  return disables
    .filter(([line]) => !/ -- \S/.test(line))
    .map(([line]) => `disables a rule without a reason ('-- why'): ${line.trim()}`);
};

/** Python under src has the size limits of TypeScript. */
const pythonSize: Rule = ({ path, text }) => (/^src\/.*\.py$/.test(path) ? pythonSizeFaults(text) : []);

/** No file names a path of the machine it was written on, or a package registry. */
function machineTraces(places: readonly string[]): Rule {
  return ({ text }) =>
    places
      .filter((place) => text.includes(place))
      .map((place) => `names '${place}', which belongs to one machine or one registry`);
}

/** Paths of this machine and hosts of registries; written in parts, so that this file passes its own check. */
function forbiddenPlaces(root: string): string[] {
  const hosts = [
    ['registry.npmjs', 'org'],
    ['registry.yarnpkg', 'com'],
    ['pypi', 'org/simple'],
    ['proxy.golang', 'org'],
    ['index.crates', 'io'],
  ];
  const fromEnvironment = ['npm_config_registry', 'NPM_CONFIG_REGISTRY', 'PIP_INDEX_URL', 'GOPROXY']
    .flatMap((name) => (process.env[name] ?? '').split(/[,|]/))
    .flatMap((url) => (URL.canParse(url) ? [new URL(url).host] : []));
  const folders = [root, homedir()]
    .filter((folder) => folder.split('/').length > 2 || folder === homedir())
    .map((folder) => `${folder}/`);
  return [...new Set([...hosts.map((parts) => parts.join('.')), ...fromEnvironment, ...folders])].filter(
    (place) => place.length > 5,
  );
}

/** Files that make values of brands (`Brand<T, Name>`), beside the grammar of each. */
const BRAND_MAKERS: readonly string[] = ['src/contract/ids.ts', 'src/contract/names.ts'];

/** The names of all brands that the makers declare. */
function brandsOf(files: readonly HouseFile[]): string[] {
  return files
    .filter(({ path }) => BRAND_MAKERS.includes(path))
    .flatMap(({ text }) => [...text.matchAll(/^export type (\w+) = Brand</gm)].map(([, name = '']) => name));
}

/** Elsewhere in src a value of a brand comes from its maker: a bare `as FunctionName` would go round the check. */
function brandCasts(brands: readonly string[]): Rule {
  if (brands.length === 0) return () => [];
  const cast = new RegExp(`\\bas (?:unknown as )?(${brands.join('|')})\\b`, 'g');
  return ({ path, text }) => {
    if (!/^src\/.*\.ts$/.test(path) || BRAND_MAKERS.includes(path)) return [];
    return [...text.matchAll(cast)].map(
      ([, name]) => `makes a ${name} with 'as'; take its maker from ${BRAND_MAKERS.join(' or ')}`,
    );
  };
}

/** Returns a fault for each exported type, interface or class of src whose name another file exports too. */
function doubledTypes(files: readonly HouseFile[]): string[] {
  const paths = new Map<string, Set<string>>();
  for (const { path, text } of files.filter((file) => /^src\/.*\.ts$/.test(file.path))) {
    for (const [, name = ''] of text.matchAll(/^export (?:declare |abstract )*(?:interface|type|class) (\w+)/gm)) {
      paths.set(name, (paths.get(name) ?? new Set()).add(path));
    }
  }
  return [...paths]
    .filter(([, declaring]) => declaring.size > 1)
    .map(([name, declaring]) => `${[...declaring].join(', ')}: each exports its own '${name}'; a name means one thing`);
}

/** Checks a set of files; returns a line for each fault. */
export function houseFaults(files: readonly HouseFile[], glossary: string, places: readonly string[]): string[] {
  const rules: Rule[] = [
    exportedNames(refusedWords(glossary)),
    fileNames,
    thrownErrors,
    reasons,
    pythonSize,
    machineTraces(places),
    brandCasts(brandsOf(files)),
  ];
  const ofFiles = files.flatMap((file) => rules.flatMap((rule) => rule(file).map((fault) => `${file.path}: ${fault}`)));
  return [...ofFiles, ...doubledTypes(files)];
}

/** Text files that git tracks or does not ignore. */
function readTree(root: string): HouseFile[] {
  const listing = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return listing
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .filter((file) => !file.text.includes('\0'));
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..');
  const files = readTree(root);
  const faults = houseFaults(files, readFileSync(join(root, 'docs/glossary.md'), 'utf8'), forbiddenPlaces(root));
  for (const fault of faults) console.error(fault);
  console.log(`${files.length} files, ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
