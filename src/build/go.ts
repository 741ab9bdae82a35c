import { createHash } from 'node:crypto';
import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { compiledBuild } from './compiled.ts';
import { newDraft } from './drafts.ts';
import { runTool } from './run-tool.ts';

/** Go's names of architectures, by `process.arch`; others are called the same. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** The package in the function's folder as a static program, for the architecture of this machine. */
export const go = compiledBuild(compile);

/**
 * The program of a folder is kept, because Go does not link a program again that is up to date. Go renames a new one
 * over it, so that a hard link keeps the one of this build.
 */
async function compile(fn: ProjectFunction, context: BuildContext, file: string): Promise<void> {
  const folder = join(context.workspace, 'go', createHash('sha256').update(fn.directory).digest('hex').slice(0, 32));
  await mkdir(folder, { recursive: true });
  const kept = join(folder, 'bootstrap');
  const temporary = await newDraft(context.workspace);
  try {
    await runTool(
      {
        functionName: fn.name,
        program: 'go',
        // Without the state of the repository in it, the same source is the same program.
        arguments: ['build', '-trimpath', '-buildvcs=false', '-tags', 'lambda.norpc', '-o', kept, '.'],
        title: 'go build',
        directory: fn.directory,
        environment: {
          CGO_ENABLED: '0',
          GOOS: 'linux',
          GOARCH: ARCHITECTURES[process.arch] ?? process.arch,
          // Renaming is possible within a file system only.
          GOTMPDIR: temporary,
        },
        why: 'to compile Go',
      },
      context,
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await link(kept, file);
}
