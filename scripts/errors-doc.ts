import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CATALOGUE, KINDS, type ErrorCode, type Kind } from '../src/errors/index.ts';
import type { Entry } from '../src/errors/entry.ts';

const FAULTS = {
  caller: 'what was asked',
  function: "the function's code",
  host: 'the machine',
  lam: 'lam itself (please report)',
} as const;

/** How a placeholder of a message is shown, by its name. */
type Show = (name: string) => string;

/**
 * Data for any message: each member reads as `<its name>` (or the result of `show`), whatever string or array method the
 * message calls on it, so that the document shows the text with named placeholders.
 */
export function sampleData(path = '', show: Show = (name) => `<${name}>`): never {
  const text = show(path);
  const same = (): unknown => sampleData(path, show);
  const item = (): unknown => sampleData(path.replace(/s$/, ''), show);
  const known: Record<PropertyKey, unknown> = {
    map: (each: (item: unknown, index: number) => unknown) => [String(each(item(), 0)), '…'],
    filter: same,
    slice: same,
    toSorted: same,
    some: () => true,
    every: () => true,
    includes: () => true,
    at: item,
    replaceAll: (what: RegExp, by: string) => text.replaceAll(what, by),
    [Symbol.iterator]: () => [item()].values(),
    [Symbol.toPrimitive]: () => text,
  };
  for (const name of ['toString', 'toJSON', 'valueOf', 'join', 'toFixed', 'toLocaleString', 'toISOString'])
    known[name] = () => text;
  return new Proxy(known, {
    get(target, name) {
      if (Object.hasOwn(target, name)) return target[name];
      if (typeof name === 'symbol') return undefined;
      return sampleData(name === 'length' ? 'count' : name, show);
    },
  }) as never;
}

/** The text of docs/errors.md, from the catalogue. */
export function errorsDocument(): string {
  const codes = Object.keys(CATALOGUE) as ErrorCode[];
  const rooms = Map.groupBy(codes, (code) => code.split('_')[1] ?? '');
  return [
    '# Errors',
    '',
    'Every failure that lam itself reports, by its code. The code stays the same for ever; match on it, not on the text.',
    '',
    '| where | an error of lam reads |',
    '| --- | --- |',
    '| a command | on stderr `Error: MESSAGE`, then `hint:` and `code:` on lines of their own |',
    '| a command with `--json` | on stdout `{"ok":false,"error":{"code","message","hint","details"}}` |',
    '| lam\'s own API, `/_lam/v1/` | `application/problem+json` (RFC 9457): `{"type","title","status","code","detail","hint","details"}` |',
    '| functions over HTTP, `/FUNCTION` and declared routes | `{"message","code","hint"}` |',
    '| the Invoke of AWS, `/2015-03-31/functions/` | `{"Type","Message"}` or `{"Type","message"}` as AWS names it, the exception in `x-amzn-ErrorType`; `{"code","message","hint"}` in Base64 in `x-lam-error` |',
    '',
    'Members without a value are left out: not every error has a hint or details.',
    '',
    "What a function's own code throws is no error of lam but the function's answer, an error document in the form of AWS:",
    'Node `{"errorType","errorMessage","trace"}`, Python `{"errorMessage","errorType","requestId","stackTrace"}`, `provided`',
    'whatever its runtime reports. `lam invoke` prints it on stdout as any payload and exits with 5, or 6 for a time-out; with',
    '`--json` it prints `{"ok":false,"data":{"functionError","payload",...}}`, where `payload` is the document. Over HTTP the',
    'caller gets 502 `Internal Server Error` with the type in `x-lam-error-type`, a browser on this machine a page.',
    '',
    'Written by `npm run errors` from `src/errors/catalogue/`; `npm run check` fails when it is not fresh.',
    '',
    '## Kinds',
    '',
    'The kind alone decides the exit code of a command and the HTTP status of a response.',
    '',
    '| kind | exit code | HTTP status |',
    '| --- | --- | --- |',
    ...(Object.keys(KINDS) as Kind[]).map((kind) => `| ${kind} | ${KINDS[kind].exit} | ${KINDS[kind].http} |`),
    '',
    ...[...rooms].flatMap(([room, list]) => [`## ${room.toLowerCase()}`, '', ...list.toSorted().flatMap(section)]),
  ].join('\n');
}

function section(code: ErrorCode): string[] {
  const e: Entry = CATALOGUE[code];
  const { exit, http } = KINDS[e.kind];
  const hint = e.hint && String(e.hint(sampleData()));
  return [
    `### ${code}`,
    '',
    `- says: ${codeSpan(String(e.message(sampleData())))}`,
    ...(hint === undefined || hint === '' ? [] : [`- hint: ${codeSpan(hint)}`]),
    `- kind: ${e.kind} (exit code ${exit}, HTTP ${http}${e.aws === undefined ? '' : `, AWS clients see ${e.aws}`})`,
    `- lies with: ${FAULTS[e.fault]}`,
    '',
  ];
}

function codeSpan(text: string): string {
  // A message that calculates with a placeholder yields NaN, or `<port>1` for `port + 1`.
  const line = text.replaceAll(/\s*\n\s*/g, ' / ').replaceAll(/\bNaN\b|<\w+>\d+/g, '<number>');
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``;
}

if (import.meta.main) {
  const file = join(resolve(import.meta.dirname, '..'), 'docs/errors.md');
  const text = errorsDocument();
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error('docs/errors.md is stale: run npm run errors');
    process.exitCode = 1;
  }
}
