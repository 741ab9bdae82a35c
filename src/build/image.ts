import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { lamError, messageOf } from '../errors/index.ts';
import type { ProjectFunction } from '../project/index.ts';
import { IMAGE_FILE, keptImageName, type PinnedImage } from '../runtimes/index.ts';
import type { BuildContext } from './artifact.ts';
import { DockerTool, reasonOf, type InspectedImage } from './docker-tool.ts';
import { newDraft } from './drafts.ts';
import type { FamilyBuild, Sources } from './family-build.ts';
import { readImageTar } from './image-tar.ts';
import { EVERYTHING } from './package-rules.ts';

/** Where Linux says for which other architectures it has an emulator. */
const BINFMT = '/proc/sys/fs/binfmt_misc';

/** The image, built, loaded or found in the engine; the package is only the file that says which one it is. */
export const image: FamilyBuild = {
  candidates: () => [IMAGE_FILE],
  sources,
  sourceKey: (fn) => Promise.resolve(fn.config.image ?? ''),
  inline: () => ({ file: IMAGE_FILE, executable: false, handler: 'image' }),
};

async function sources(fn: ProjectFunction, context: BuildContext): Promise<Sources> {
  const docker = new DockerTool(fn.name, fn.directory, context);
  const engine = await docker.architecture();
  const { source, found } = await imageOf(fn, docker, context);
  const pinned = pin(fn, source, found);
  if (pinned.entryPoint.length + pinned.command.length === 0)
    throw lamError('LAM_BUILD_IMAGE_NO_ENTRY', { function: fn.name, image: source });
  if (pinned.architecture !== engine && !(await isEmulated()))
    throw lamError('LAM_BUILD_IMAGE_ARCHITECTURE', {
      function: fn.name,
      image: source,
      has: pinned.architecture,
      engine,
    });
  await docker.ask('tag', pinned.id, keptName(context, pinned.id));
  const root = await newDraft(context.workspace);
  await writeFile(join(root, IMAGE_FILE), `${JSON.stringify(pinned, null, 2)}\n`);
  return {
    layers: [{ root, prefix: '', rules: EVERYTHING }],
    dispose: () => rm(root, { recursive: true, force: true }),
  };
}

/** The name under which lam keeps an image, which `lam gc` removes. */
function keptName(context: BuildContext, id: string): string {
  const { repository, tag } = keptImageName(context.images, id);
  return `${repository}:${tag}`;
}

interface FoundImage {
  /** As the author wrote it. */
  readonly source: string;
  readonly found: InspectedImage;
}

/** The image that lam.yaml names. Throws `LAM_BUILD_IMAGE_UNNAMED` and what building or loading throws. */
function imageOf(fn: ProjectFunction, docker: DockerTool, context: BuildContext): Promise<FoundImage> {
  const { dockerfile } = fn.build;
  const name = fn.config.image ?? undefined;
  if ((name === undefined) === (dockerfile === undefined))
    throw lamError('LAM_BUILD_IMAGE_UNNAMED', { function: fn.name, both: name !== undefined });
  if (dockerfile !== undefined) return built(fn, dockerfile, docker, context);
  return isFile(name ?? '') ? loaded(fn, name ?? '', docker, context) : named(fn, name ?? '', docker);
}

/** Names of images have neither of these beginnings, and no such end. */
function isFile(name: string): boolean {
  return /^\.{0,2}\/|\.tar(?:\.\w+)?$/.test(name);
}

async function built(
  fn: ProjectFunction,
  dockerfile: string,
  docker: DockerTool,
  context: BuildContext,
): Promise<FoundImage> {
  const folder = await newDraft(context.workspace);
  try {
    const idFile = join(folder, 'id');
    await docker.run('build', '--file', resolve(fn.directory, dockerfile), '--iidfile', idFile, fn.directory);
    return { source: dockerfile, found: await present(fn, (await readFile(idFile, 'utf8')).trim(), docker) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function named(fn: ProjectFunction, name: string, docker: DockerTool): Promise<FoundImage> {
  let found = await docker.inspect(name);
  if (found === undefined) {
    await docker.run('pull', name).catch((thrown: unknown) => {
      throw lamError('LAM_BUILD_IMAGE_MISSING', { function: fn.name, image: name, reason: reasonOf(thrown) }, thrown);
    });
    found = await present(fn, name, docker);
  }
  return { source: name, found };
}

/** Loads a tar under no other name than lam's own: names in it neither appear in the engine nor move there. */
// oxlint-disable-next-line max-params -- these four are apart where it is called
async function loaded(
  fn: ProjectFunction,
  name: string,
  docker: DockerTool,
  context: BuildContext,
): Promise<FoundImage> {
  const file = resolve(fn.directory, name);
  const refused = (reason: string, thrown?: unknown): Error =>
    lamError('LAM_BUILD_IMAGE_TAR', { function: fn.name, file: name, reason }, thrown);
  const size = await stat(file).catch(() => undefined);
  if (size?.isFile() !== true) throw refused('there is no such file');
  const tar = await readImageTar(file).catch((thrown: unknown) => {
    throw refused(messageOf(thrown), thrown);
  });
  if (!tar.isImage) throw refused(tar.why);
  const before = await Promise.all(
    (tar.tags ?? []).map(async (tag) => [tag, (await docker.inspect(tag))?.Id] as const),
  );
  const lines = await docker.run('load', '--input', file).catch((thrown: unknown) => {
    throw refused(reasonOf(thrown), thrown);
  });
  const images = lines.flatMap((line) => /^Loaded image(?: ID)?: (\S+)$/.exec(line.trim())?.[1] ?? []);
  const [reference] = images;
  if (reference === undefined) throw refused('the engine found no image in it');
  const found = await present(fn, reference, docker);
  // Before its own names go, so that it never has none.
  await docker.ask('tag', found.Id, keptName(context, found.Id));
  for (const [tag, id] of before) {
    if (id === undefined) await docker.ask('rmi', '--no-prune', tag);
    else if (id !== found.Id) await docker.ask('tag', id, tag);
  }
  return { source: name, found };
}

async function present(fn: ProjectFunction, name: string, docker: DockerTool): Promise<InspectedImage> {
  const found = await docker.inspect(name);
  if (found === undefined)
    throw lamError('LAM_BUILD_IMAGE_MISSING', {
      function: fn.name,
      image: name,
      reason: 'the engine does not have it',
    });
  return found;
}

/** The image with the overrides of lam.yaml; as in Docker, an entry point of one's own drops the image's command. */
function pin(fn: ProjectFunction, source: string, found: InspectedImage): PinnedImage {
  const { entryPoint, command, workingDirectory } = fn.build.imageConfig ?? {};
  const { Entrypoint: ownEntry, Cmd: ownCommand, WorkingDir: ownDirectory } = found.Config ?? {};
  return {
    source,
    id: found.Id,
    architecture: found.Architecture,
    entryPoint: entryPoint ?? ownEntry ?? [],
    command: command ?? (entryPoint === undefined ? (ownCommand ?? []) : []),
    workingDirectory: workingDirectory ?? (ownDirectory || '/'),
  };
}

/** Whether images of other architectures may run: emulators are registered, or the engine has a machine of its own. */
async function isEmulated(): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const registered = await readdir(BINFMT).catch(() => []);
  return registered.some((name) => /qemu|rosetta/.test(name));
}
