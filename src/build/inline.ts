import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lamError } from '../errors/index.ts';
import { requireRuntime } from '../runtimes/index.ts';
import type { BuildContext, BuiltArtifact } from './artifact.ts';
import { digestFiles } from './digest.ts';
import { newDraft } from './drafts.ts';
import { BUILDS } from './list.ts';
import type { FunctionName } from '../contract/index.ts';

/** An artifact made from code on the command line, and the handler that names its entry. */
export interface InlineArtifact extends BuiltArtifact {
  readonly handler: string;
}

/**
 * Makes an artifact of one file with `code`. `functionName` is for messages only. Throws
 * `LAM_REGISTRY_UNKNOWN_RUNTIME` and `LAM_BUILD_NO_INLINE`.
 */
export async function inlineArtifact(
  code: string,
  { functionName, runtime }: { readonly functionName: FunctionName; readonly runtime: string },
  context: Pick<BuildContext, 'workspace' | 'signal'>,
): Promise<InlineArtifact> {
  const { inline } = BUILDS[requireRuntime(runtime).family];
  if (inline === null) throw lamError('LAM_BUILD_NO_INLINE', { function: functionName, runtime });
  const { file, handler, executable } = inline(code);
  const folder = await newDraft(context.workspace);
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const source = join(folder, file);
    await writeFile(source, code.endsWith('\n') ? code : `${code}\n`);
    if (executable) await chmod(source, 0o755);
    const size = Buffer.byteLength(code) + 1;
    const entries = await digestFiles(
      functionName,
      [{ kind: 'file', path: file, source, executable, size, state: '' }],
      context,
    );
    return { manifest: { entries }, files: new Map([[file, source]]), notices: [], handler, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
