import { createHash } from 'node:crypto';
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isLamError } from '../errors/index.ts';
import { Mutex, sleep, takeLock, type HeldLock } from '../kit/index.ts';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { namedTarget, onlyProgram, programIn, type CargoProgram } from './cargo.ts';
import { compiledBuild } from './compiled.ts';
import { refuseIfCancelled, runTool, type ToolCommand } from './run-tool.ts';

/** Rust's names of architectures, by `process.arch`; others are called the same. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', ia32: 'i686' };

/** Interval at which the lock of another process is tried again (ms). */
const RETRY_MS = 100;

/** One build of this process at a time: cargo itself uses all processors. */
const turns = new Mutex();

/** The package's program in release mode; linked statically where the target with musl is installed. */
export const rust = compiledBuild((fn, context, file) => turns.run(() => compile(fn, context, file)));

async function compile(fn: ProjectFunction, context: BuildContext, file: string): Promise<void> {
  const target = await staticTarget(fn, context);
  const folder = ownSetting('CARGO_TARGET_DIR', context) ?? (await targetFolder(fn, context));
  const lock = await lockOf(resolve(fn.directory, folder), fn, context);
  try {
    await copyFile(await build(fn, { target, folder }, context), file);
  } finally {
    await lock?.release();
  }
}

/**
 * Keeps cargo's folder for this process until the program is copied: programs of the same name replace one another
 * there, and cargo's own lock ends with its build. Undefined where no lock can be written, which cargo then reports.
 */
async function lockOf(folder: string, fn: ProjectFunction, context: BuildContext): Promise<HeldLock | undefined> {
  for (let isFirst = true; ; isFirst = false) {
    refuseIfCancelled(fn.name, context);
    const lock = await mkdir(folder, { recursive: true })
      .then(() => takeLock(join(folder, '.lam-lock')))
      .catch(() => undefined);
    if (lock === undefined || 'release' in lock) return lock;
    if (isFirst) context.step('waiting for a build of another deploy');
    await sleep(RETRY_MS);
  }
}

/** Compiles the package in `folder`, and returns the path of its program there. */
async function build(
  fn: ProjectFunction,
  { target, folder }: { readonly target: string | undefined; readonly folder: string },
  context: BuildContext,
): Promise<string> {
  const programs: CargoProgram[] = [];
  await runTool(
    {
      ...cargo(fn),
      arguments: [
        'build',
        '--release',
        '--bins',
        '--message-format=json-render-diagnostics',
        ...(target === undefined ? [] : ['--target', target]),
      ],
      title: target === undefined ? 'cargo build --release' : `cargo build --release --target ${target}`,
      environment: { CARGO_TARGET_DIR: folder },
      takes(line) {
        if (!line.startsWith('{"reason":')) return false;
        const program = programIn(line);
        if (program !== undefined) programs.push(program);
        return true;
      },
    },
    context,
  );
  return onlyProgram(fn.name, programs).path;
}

/**
 * Returns the folder where cargo keeps what it compiled for a workspace. Workspaces do not share one: cargo takes packages
 * of the same name, version and place within them for the same, and would deliver the other's program.
 */
async function targetFolder(fn: ProjectFunction, context: BuildContext): Promise<string> {
  const lines = await runTool(
    { ...cargo(fn), arguments: ['locate-project', '--workspace', '--message-format', 'plain'] },
    { ...context, log: () => undefined, step: () => undefined },
  );
  const manifest = lines.findLast((line) => line.endsWith('Cargo.toml')) ?? fn.directory;
  return join(context.workspace, 'cargo', createHash('sha256').update(manifest).digest('hex').slice(0, 32));
}

/** The author's own variable, which counts on this machine only. */
function ownSetting(name: string, { container }: BuildContext): string | undefined {
  return container === undefined ? process.env[name] : undefined;
}

/** What all commands of cargo for a function have in common. */
function cargo(fn: ProjectFunction): Omit<ToolCommand, 'arguments'> {
  return {
    functionName: fn.name,
    program: 'cargo',
    directory: fn.directory,
    why: 'to compile Rust',
  };
}

/** The target with musl, if it is installed and the author's settings name no target; else undefined. */
async function staticTarget(fn: ProjectFunction, context: BuildContext): Promise<string | undefined> {
  if (ownSetting('CARGO_BUILD_TARGET', context) !== undefined || (await namedTarget(fn.directory))) return undefined;
  const target = `${ARCHITECTURES[process.arch] ?? process.arch}-unknown-linux-musl`;
  const quiet = { ...context, log: () => undefined, step: () => undefined };
  const probe = `test -d "$(rustc --print target-libdir --target ${target})"`;
  try {
    await runTool(
      {
        functionName: fn.name,
        program: probe,
        arguments: [],
        shell: true,
        directory: fn.directory,
        why: 'to compile Rust',
      },
      quiet,
    );
    return target;
  } catch (error) {
    if (isLamError(error) && error.code === 'LAM_BUILD_FAILED') return undefined;
    throw error;
  }
}
