import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { planHostBase } from '../driver/docker/base/host-base.ts';
import { lamError } from '../errors/index.ts';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContainer, BuildContext } from './artifact.ts';
import { CONTAINERS } from './drafts.ts';

/**
 * First process of a container that ends its tool on a signal, which the kernel keeps from first processes without a
 * handler. The engine's own, `--init`, has no place among this machine's read-only folders.
 */
const INIT = ['sh', '-c', `trap 'trap - TERM; kill -TERM 0; exit 143' TERM INT; "$@" & wait $!`, 'sh'];

/** Variables of the author's environment that tools get in a container: ways to registries. */
const PASSED = /^(?:(?:https?|no|all)_proxy|GOPROXY|GOSUMDB|GOFLAGS|GONOSUMDB|PIP_.*|npm_config_registry)$/i;

/**
 * Returns the context of a build in a container: of `build.image`, or of this machine's own programs. The tools see the
 * function's folder and a workspace of the image's own, where they also keep their caches, at the same paths as here.
 * Throws `LAM_BUILD_NO_CONTAINER`.
 */
export async function inContainer(fn: ProjectFunction, context: BuildContext): Promise<BuildContext> {
  const { image } = fn.build;
  const key = createHash('sha256')
    .update(image ?? '')
    .digest('hex')
    .slice(0, 16);
  const workspace = join(context.workspace, CONTAINERS, key);
  const home = join(workspace, 'home');
  await mkdir(home, { recursive: true });
  const base = image === undefined ? await hostBase(fn) : { image, options: ['--init'], prefix: [] };
  const user = process.getuid === undefined ? [] : ['--user', `${process.getuid()}:${process.getgid?.() ?? 0}`];
  const passed = Object.keys(process.env).filter((name) => PASSED.test(name));
  const container: BuildContainer = {
    title: image === undefined ? "this machine's own programs" : `the image '${image}'`,
    arguments: [
      ...['run', '--rm', ...user],
      ...[workspace, fn.directory].flatMap((folder) => ['--volume', `${folder}:${folder}`]),
      ...['--env', `HOME=${home}`, ...passed.flatMap((name) => ['--env', name])],
      ...base.options,
    ],
    image: base.image,
    prefix: base.prefix,
  };
  return { ...context, workspace, container };
}

/** The image of this machine's system folders, made if the engine does not have it, and the mounts of the folders. */
async function hostBase(
  fn: ProjectFunction,
): Promise<Pick<BuildContainer, 'image' | 'prefix'> & { readonly options: readonly string[] }> {
  const { tag, archive, mounts } = planHostBase();
  const { execa } = await import('execa');
  const found = await execa('docker', ['image', 'inspect', tag], { reject: false, stdin: 'ignore' });
  const made = found.failed ? await execa('docker', ['import', '-', tag], { reject: false, input: archive }) : found;
  if (made.failed) throw noEngine(fn, made.stderr || made.originalMessage || '', made);
  const path = (process.env['PATH'] ?? '').split(':').filter((folder) => /^\/(?:usr|bin|sbin)\b/.test(folder));
  return {
    image: tag,
    prefix: INIT,
    options: [
      ...mounts.flatMap(({ source, target }) => ['--volume', `${source}:${target}:ro`]),
      ...['--env', `PATH=${path.join(':')}`],
    ],
  };
}

function noEngine(fn: ProjectFunction, reason: string, cause: unknown): Error {
  return lamError(
    'LAM_BUILD_NO_CONTAINER',
    { function: fn.name, reason: reason.trim().split('\n').at(-1) ?? '' },
    cause,
  );
}
