// `npm run check`: all static checks of the tree, in at most half a minute.
// Plain JavaScript for Node 20, because it installs the rest.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDependencies } from './setup.mjs';
import { nodeProgram, root, run, seconds } from './processes.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);

/** All checks with their commands; a missing script is reported as a failure. */
const PARTS = [
  { name: 'format', command: [bin('oxfmt'), '--check', '.'] },
  { name: 'lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings'] },
  {
    name: 'types',
    command: [nodeProgram(), 'node_modules/typescript-native/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  },
  { name: 'architecture', command: [nodeProgram(), 'scripts/check-architecture.ts'] },
  { name: 'house', command: [nodeProgram(), 'scripts/check-house.ts'] },
  { name: 'dead code', command: [bin('knip'), '--no-progress'] },
  { name: 'errors.md fresh', command: [nodeProgram(), 'scripts/errors-doc.ts', '--check'] },
  { name: 'security.md fresh', command: [nodeProgram(), 'scripts/security-doc.ts', '--check'] },
  { name: 'compatibility.md fresh', command: [nodeProgram(), 'scripts/compatibility-doc.ts', '--check'] },
  { name: 'runtimes.md fresh', command: [nodeProgram(), 'scripts/runtimes-doc.ts', '--check'] },
  { name: 'openapi.json fresh', command: [nodeProgram(), 'scripts/openapi.ts', '--check'] },
  { name: 'oclif.manifest.json fresh', command: [nodeProgram(), 'scripts/manifest.ts', '--check'] },
  { name: 'lam.yaml schema fresh', command: [nodeProgram(), 'scripts/schema.ts', '--check'] },
  {
    name: 'unit tests of the house and the errors',
    command: [
      nodeProgram(),
      '--test',
      '--test-isolation=none',
      '--test-reporter=dot',
      'test/unit/house/*.test.ts',
      'test/unit/errors/*.test.ts',
    ],
  },
];

/** Runs the checks, two at a time for machines with two cores; prints the output of those that failed. */
async function runParts(parts) {
  const waiting = [...parts];
  const failed = [];
  const lane = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const { code, output, ms } = await run(part.command, { quiet: true });
      console.log(`${code === 0 ? '✔' : '✖'} ${part.name} (${seconds(ms)})`);
      if (code === 0) continue;
      failed.push(part.name);
      console.log(output.trimEnd().replaceAll(/^/gm, '    '));
    }
  };
  await Promise.all([lane(), lane()]);
  return failed;
}

const start = performance.now();
await ensureDependencies();
const missing = PARTS.filter((part) =>
  part.command.some((word) => word.startsWith('scripts/') && !existsSync(join(root, word))),
);
for (const part of missing) console.log(`✖ ${part.name}: its script is missing`);
const failed = await runParts(PARTS.filter((part) => !missing.includes(part)));
const faults = failed.length + missing.length;
console.log(`${PARTS.length - faults} of ${PARTS.length} checks passed in ${seconds(performance.now() - start)}`);
process.exitCode = faults === 0 ? 0 : 1;
