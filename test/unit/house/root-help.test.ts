import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LamConfig } from '../../../src/cli/lam-config.ts';
import { renderRootHelp } from '../../../src/cli/render/root-help.ts';

test('the first page of help lists every command that is not hidden, once', () => {
  const file = join(import.meta.dirname, '../../../oclif.manifest.json');
  const { commands } = JSON.parse(readFileSync(file, 'utf8')) as { commands: Record<string, { hidden?: boolean }> };
  const shown = Object.keys(commands).filter((id) => commands[id]?.hidden !== true);
  const noSummaries = { version: '0.0.0', findCommand: () => undefined } as unknown as LamConfig;
  const lines = renderRootHelp(noSummaries).split('\n');
  const listed = lines.filter((line) => /^ {2}[a-z]+(?: [a-z]+)?\s*$/.test(line)).map((line) => line.trim());
  assert.deepEqual(listed.toSorted(), shown.map((id) => id.replaceAll(':', ' ')).toSorted());
});
