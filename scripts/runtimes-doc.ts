import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DESCRIPTORS, FAMILIES, type Supply } from '../src/runtimes/index.ts';
import { BEHAVIOURS, type BehaviourName } from '../test/parity/behaviours/list.ts';
import { PARITY_RUNTIMES } from '../test/parity/runtimes/list.ts';
import type { ParityRuntime } from '../test/parity/runtimes/parity-runtime.ts';

/** A generated part of docs/runtimes.md, between two lines. */
interface Part {
  readonly begin: string;
  readonly end: string;
  readonly text: () => string;
}

/** Numbered notes below a table: the same sentence has one number. */
class Notes {
  readonly #notes: string[] = [];

  /** The number of `note`, which is added if it is new. */
  number(note: string): number {
    const at = this.#notes.indexOf(note);
    return at >= 0 ? at + 1 : this.#notes.push(note);
  }

  get lines(): readonly string[] {
    return this.#notes.map((note, i) => `${i + 1}. ${note}`);
  }
}

/** What each runtime does, in Markdown: a row a behaviour, a column a runtime, then the notes. */
export function parityTable(runtimes: readonly ParityRuntime[] = PARITY_RUNTIMES): string {
  const notes = new Notes();
  const head = runtimes.map(({ title, onlyWith }) =>
    onlyWith === undefined ? title : `${title} (${notes.number(onlyWith.note)})`,
  );
  const rows = (Object.keys(BEHAVIOURS) as BehaviourName[]).map((name) => {
    const cells = runtimes.map(({ differs }) => {
      const difference = differs[name];
      return difference === undefined ? 'yes' : `(${notes.number(difference.note)})`;
    });
    return `| ${BEHAVIOURS[name].title} | ${cells.join(' | ')} |`;
  });
  const table = [
    `| a function ... | ${head.join(' | ')} |`,
    `| --- |${runtimes.map(() => ' --- |').join('')}`,
    ...rows,
  ];
  return [...table, '', ...notes.lines].join('\n').trimEnd();
}

/** The identifiers of each family, and what its functions need, from the descriptors. */
export function identifierTable(): string {
  const code = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(', ');
  const rows = FAMILIES.map((family) => {
    const { identifiers, awsIdentifiers, handler, entry, toolchains } = DESCRIPTORS[family];
    const runs = entry.kind === 'interpreter' && entry.interpreter.kind === 'on-path' ? [entry.interpreter] : [];
    const needs = [
      ...runs.map(({ title, oldest, supply }) => `${title} ${oldest} or newer${packageOf(supply)}`),
      ...toolchains.map(({ title, wantedFor, supply }) => {
        const purpose = wantedFor === null ? 'to build' : `for ${wantedFor}`;
        return `${title}${packageOf(supply)} ${purpose}`;
      }),
    ];
    const names = code([...new Set([...identifiers, ...awsIdentifiers])]);
    return `| \`${family}\` | ${names} | ${code([handler.default])} | ${needs.join('; ') || '-'} |`;
  });
  return [
    '| runtime | identifiers | default handler | needs (Debian package) |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function packageOf({ debian, site }: Supply): string {
  return debian === null ? ` (${site})` : ` (\`${debian}\`)`;
}

const PARTS: readonly Part[] = [
  {
    begin: '<!-- Written by `npm run runtimes` from src/runtimes. -->',
    end: '<!-- End of the identifiers. -->',
    text: identifierTable,
  },
  {
    begin: '<!-- Written by `npm run runtimes` from test/parity; every cell that says yes is a test. -->',
    end: '<!-- End of the table. -->',
    text: () => parityTable(),
  },
];

/** docs/runtimes.md with fresh tables. Throws if it has no place for one. */
export function runtimesDocument(text: string): string {
  return PARTS.reduce((document, part) => {
    const [begin, end] = [document.indexOf(part.begin), document.indexOf(part.end)];
    if (begin < 0 || end < begin) throw new TypeError(`docs/runtimes.md has no place for the table: ${part.begin}`);
    return `${document.slice(0, begin)}${part.begin}\n\n${part.text()}\n\n${document.slice(end)}`;
  }, text);
}

if (import.meta.main) {
  const file = join(resolve(import.meta.dirname, '..'), 'docs/runtimes.md');
  const text = readFileSync(file, 'utf8');
  const fresh = runtimesDocument(text);
  if (!process.argv.includes('--check')) writeFileSync(file, fresh);
  else if (fresh !== text) {
    console.error('docs/runtimes.md is stale: run npm run runtimes');
    process.exitCode = 1;
  }
}
