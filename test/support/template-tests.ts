import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { scaffold } from '../../src/scaffold/index.ts';
import { cargoVariables } from './cargo.ts';
import { NO_MAVEN } from './maven.ts';

const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url));
const run = promisify(execFile);

/** Makes a project called `hello` from a template of lam; returns its folder, removed when the test ends. */
export async function scaffolded(t: TestContext, runtime: string, template: string): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'lam-template-test-')));
  t.after(() => rm(root, { recursive: true, force: true }));
  const directory = join(root, 'hello');
  await scaffold({
    name: 'hello',
    runtime,
    template,
    directory,
    cwd: directory,
    force: false,
    templatesRoot: TEMPLATES,
    url: 'http://127.0.0.1:8123',
  });
  return directory;
}

/** The author's environment, without the variable by which node detects that it runs inside another test. */
export function environment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _mark, ...rest } = process.env;
  return { ...rest, ...cargoVariables(), PATH: `${dirname(process.execPath)}${delimiter}${rest['PATH'] ?? ''}` };
}

/** Whether a program is on PATH. */
export function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** A template, and the command of its own tests: a program, its arguments, and what that program needs on PATH. */
export type TemplateTest = readonly [
  runtime: string,
  template: string,
  program: string,
  words: readonly string[],
  needs?: string,
];

/** Runs the tests of fresh projects; skips those whose program is missing. */
export function describeTemplateTests(rows: readonly TemplateTest[], timeout: number): void {
  describe("a fresh project's own tests pass", { timeout }, () => {
    for (const [runtime, template, program, words, needs = program] of rows) {
      const isMissing = needs !== './test.sh' && !isOnPath(needs);
      const skip = isMissing ? `${needs} is not on the PATH` : program === 'mvn' && NO_MAVEN;
      test(`${runtime}/${template}: ${[program, ...words].join(' ')}`, { skip }, async (t) => {
        const directory = await scaffolded(t, runtime, template);
        const { stdout, stderr } = await run(program, words, { cwd: directory, env: environment() });
        // Each runner reports how many tests it ran, so that an empty run does not pass.
        assert.match(
          stdout + stderr,
          /pass [1-9]|[1-9]\d* pass|Ran [1-9]\d* tests|Tests run: [1-9]|^[1-9]\d* runs, |^ok:?\s|ok\. [1-9]\d* passed|^[1-9]\d* examples, 0 failures/m,
        );
      });
    }
  });
}
