import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FAMILIES, PROTOCOLS } from '../../../src/runtimes/index.ts';

const SRC = join(import.meta.dirname, '../../../src');
const names = FAMILIES.join('|');

/** Code that may name one family or protocol: the descriptors, the map of builds, and code inside sandboxes. */
const KNOWS = new RegExp(`^(runtimes/|bootstraps/|build/(list|${names})\\.ts$)`);

/** Names of families that are words of their own: a setting, and an option of child processes. */
const WORDS: ReadonlySet<string> = new Set(['image', 'stdio']);
const telling = FAMILIES.filter((name) => !WORDS.has(name)).join('|');

/** Code that tests the family, or is a hand-written map over families. */
const ASKS_FAMILY = [
  /\bfamily\s*[!=]==?/,
  new RegExp(`[!=]==?\\s*['"](${telling})['"]`),
  new RegExp(`\\bcase ['"](${telling})['"]`),
  new RegExp(`^\\s*['"]?(${telling})['"]?\\s*:`),
];
/** Code that tests the protocol; a `Record<Protocol, ...>` is allowed, because it covers each. */
const ASKS_PROTOCOL = [/\bprotocol\s*[!=]==?/, new RegExp(`[!=]==?\\s*['"](${Object.keys(PROTOCOLS).join('|')})['"]`)];

const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

function findings(patterns: readonly RegExp[], skipped: RegExp): readonly string[] {
  return FILES.filter((file) => !skipped.test(file)).flatMap((file) =>
    readFileSync(join(SRC, file), 'utf8')
      .split('\n')
      .flatMap((line, at) =>
        patterns.some((pattern) => pattern.test(line)) ? [`${file}:${at + 1}: ${line.trim()}`] : [],
      ),
  );
}

describe('outside the descriptors and the builds', () => {
  test('no code tests the family of a runtime', () => {
    assert.ok(FILES.length > 300, `${FILES.length} files`);
    assert.deepEqual(findings(ASKS_FAMILY, KNOWS), []);
  });

  test('no code tests the protocol of a runtime', () => {
    assert.deepEqual(findings(ASKS_PROTOCOL, /^runtimes\//), []);
  });

  test('code that does is found', () => {
    for (const line of ["if (family === 'x')", "runtime !== 'python3'", "case 'nodejs':", "  provided: 'shell',"])
      assert.ok(
        ASKS_FAMILY.some((pattern) => pattern.test(line)),
        line,
      );
    for (const line of ['runtime.protocol === p', "x !== 'runtime-api'"])
      assert.ok(
        ASKS_PROTOCOL.some((pattern) => pattern.test(line)),
        line,
      );
  });
});
