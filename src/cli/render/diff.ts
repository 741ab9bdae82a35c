import type { ChalkInstance } from 'chalk';
import type { FileDiff, FileFacts, VersionDiff } from '../services/diff.ts';
import { formatBytes } from './format.ts';
import { safe, table } from './table.ts';

/** Text of `lam diff`: changed settings, changed files, then the texts as a unified diff. */
export function renderDiff(diff: VersionDiff, color: ChalkInstance): string {
  const { name, from, to, files } = diff;
  const settings = settingRows(diff);
  if (settings.length === 0 && files.length === 0)
    return from === to ? `${name}: v${to} is the same version` : `${name}: v${from} and v${to} do not differ`;
  const parts = [
    color.bold(`${name} v${from} -> v${to}`),
    table(settings, [
      { heading: 'SETTING', cell: ([setting]) => setting },
      { heading: 'CHANGE', cell: ([, change]) => change },
    ]),
    table(files, [
      { heading: 'FILE', cell: (file) => colored(mark(file), color, `${mark(file)} ${safe(file.path)}`) },
      { heading: 'SIZE', cell: sizes },
    ]),
    ...files.flatMap((file) => (file.diff === null || file.diff === '' ? [] : [textDiff(diff, file, color)])),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function settingRows({ settings, environment }: VersionDiff): readonly (readonly [string, string])[] {
  const variables = [
    ...environment.added.map((key) => `+${key}`),
    ...environment.changed.map((key) => `changed ${key}`),
    ...environment.removed.map((key) => `-${key}`),
  ];
  return [
    ...settings.map(({ setting, from, to }) => [setting, `${safe(from)} -> ${safe(to)}`] as const),
    ...(variables.length === 0 ? [] : [['environment', safe(variables.join(', '))] as const]),
  ];
}

/** `+` for a new file, `-` for one that is gone, `~` for one that changed. */
function mark({ from, to }: FileDiff): '+' | '-' | '~' {
  if (from === null) return '+';
  return to === null ? '-' : '~';
}

function sizes({ from, to }: FileDiff): string {
  const [before, after] = [from, to].map((facts) => (facts === null ? '' : factsText(facts)));
  if (from === null || to === null) return `${before}${after}`;
  return before === after ? `${after}, other content` : `${before} -> ${after}`;
}

function factsText(facts: FileFacts): string {
  if ('target' in facts) return `link to ${safe(facts.target)}`;
  return `${formatBytes(facts.size)}${facts.executable ? ', executable' : ''}`;
}

function textDiff({ from, to }: VersionDiff, file: FileDiff, color: ChalkInstance): string {
  const side = (sign: '---' | '+++', version: number, facts: FileFacts | null): string =>
    color.bold(`${sign} ${facts === null ? '/dev/null' : `v${version}/${safe(file.path)}`}`);
  // The texts are those of the author, but may hold control characters.
  const lines = (file.diff ?? '')
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => colored(line.charAt(0), color, safe(line)));
  return [side('---', from, file.from), side('+++', to, file.to), ...lines].join('\n');
}

function colored(sign: string, color: ChalkInstance, text: string): string {
  switch (sign) {
    case '+':
      return color.green(text);
    case '-':
      return color.red(text);
    case '@':
      return color.cyan(text);
    default:
      return text;
  }
}
