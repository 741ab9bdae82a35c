import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CLAIMS, PLACES, type Claim, type Place } from '../test/e2e/isolation/claims.ts';

const BEGIN =
  '<!-- Written by `npm run security` from test/e2e/isolation/claims.ts; every cell is tried by a test. -->';
const END = '<!-- End of the table. -->';

/** The truth table of isolation in Markdown, with its notes. */
export function truthTable(): string {
  const places = Object.keys(PLACES) as Place[];
  const notes: string[] = [];
  const row = ({ can, outcome, note }: Claim): string => {
    if (note !== undefined) notes.push(note);
    const mark = note === undefined ? '' : ` (${notes.length})`;
    const cells = places.map((place) => (outcome[place] ? '**yes**' : 'no'));
    return `| ${can}${mark} | ${cells.join(' | ')} |`;
  };
  const lines = [
    `| a function can ... | ${places.map((place) => PLACES[place]).join(' | ')} |`,
    `| --- |${places.map(() => ' --- |').join('')}`,
    ...Object.entries(CLAIMS).flatMap(([group, claims]) => [
      `| **${group}** |${places.map(() => '  |').join('')}`,
      ...claims.map(row),
    ]),
  ];
  return [...lines, '', ...notes.map((note, i) => `${i + 1}. ${note}`)].join('\n');
}

/** docs/security.md with a fresh table. Throws if it has no place for one. */
export function securityDocument(text: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new TypeError(`docs/security.md has no place for the table: ${BEGIN}`);
  return `${text.slice(0, begin)}${BEGIN}\n\n${truthTable()}\n\n${text.slice(end)}`;
}

if (import.meta.main) {
  const file = join(resolve(import.meta.dirname, '..'), 'docs/security.md');
  const text = readFileSync(file, 'utf8');
  const fresh = securityDocument(text);
  if (!process.argv.includes('--check')) writeFileSync(file, fresh);
  else if (fresh !== text) {
    console.error('docs/security.md is stale: run npm run security');
    process.exitCode = 1;
  }
}
