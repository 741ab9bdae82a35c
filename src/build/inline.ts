import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRuntime, type RuntimeFamily } from '../runtimes/index.ts';
import type { BuildContext, BuiltArtifact } from './artifact.ts';
import { digestFiles } from './digest.ts';

/** An artifact made from code on the command line, and the handler that names its entry. */
export interface InlineArtifact extends BuiltArtifact {
  readonly handler: string;
}

/** `functionName` is for messages only. `runtime` must be one that lam knows. */
export async function inlineArtifact(
  code: string,
  { functionName, runtime }: { readonly functionName: string; readonly runtime: string },
  context: Pick<BuildContext, 'workspace' | 'signal'>,
): Promise<InlineArtifact> {
  const { file, handler } = placeOf(code, parseRuntime(runtime)?.family ?? 'nodejs');
  await mkdir(context.workspace, { recursive: true });
  const folder = await mkdtemp(join(context.workspace, 'inline-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const source = join(folder, file);
    const executable = file === 'bootstrap';
    await writeFile(source, code.endsWith('\n') ? code : `${code}\n`);
    if (executable) await chmod(source, 0o755);
    const size = Buffer.byteLength(code) + 1;
    const entries = await digestFiles(functionName, [{ kind: 'file', path: file, source, executable, size }], context);
    return { manifest: { entries }, files: new Map([[file, source]]), notices: [], handler, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Which file the code becomes, and what is called in it. */
function placeOf(code: string, family: RuntimeFamily): { readonly file: string; readonly handler: string } {
  if (family === 'provided') return { file: 'bootstrap', handler: 'bootstrap' };
  if (family === 'python3') {
    const name = /^(?:async\s+)?def\s+(lambda_handler|handler)\b/m.exec(code)?.[1] ?? 'lambda_handler';
    return { file: 'lambda_function.py', handler: `lambda_function.${name}` };
  }
  const isModule =
    /(?:^|[;}\n])\s*(?:export\s*(?:\{|\*|default\b|const\b|let\b|var\b|async\b|function\b|class\b)|import\s*[\w{*'"])/.test(
      code,
    );
  return { file: isModule ? 'index.mjs' : 'index.cjs', handler: 'index.handler' };
}
