import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { lamError } from '../../../errors/index.ts';
import type { EntrypointError } from '../../../executor/index.ts';
import { sleep } from '../../../kit/index.ts';
import { pinnedImageOf, type EntryPoint, type PinnedImage } from '../../../runtimes/index.ts';
import type { SandboxSpec } from '../../sandbox.ts';
import { isMissing } from '../engine/docker-errors.ts';
import { isPresent, type Base, type Bases } from './bases.ts';

/**
 * The base of a function that is an image; undefined for another function and for a stem. Rejects with
 * `LAM_DRIVER_IMAGE_GONE`, `LAM_DRIVER_START_FAILED` or dockerode's errors.
 */
// oxlint-disable-next-line max-params -- the driver has these four apart
export async function imageBase(
  { runtime, functionName }: Pick<SandboxSpec, 'runtime' | 'functionName'>,
  code: string | null,
  docker: () => Promise<Docker>,
  bases: Bases,
): Promise<Base | undefined> {
  const { entry } = runtime.descriptor;
  if (entry.kind !== 'image' || code === null) return undefined;
  const pinned = await readPinned(code, entry.file);
  if (pinned === undefined) {
    const reason = `the package has no valid ${entry.file}, which names the image`;
    throw lamError('LAM_DRIVER_START_FAILED', { function: functionName, reason });
  }
  if (!(await isPresent(await docker(), pinned.id)))
    throw lamError('LAM_DRIVER_IMAGE_GONE', { function: functionName, image: pinned.source, id: pinned.id });
  return bases.ofImage(pinned, entry.client);
}

/** The error of an image whose program could not be started; undefined for another function. */
export async function whyImageUnstarted(entry: EntryPoint, code: string): Promise<EntrypointError | undefined> {
  const pinned = entry.kind === 'image' ? await readPinned(code, entry.file) : undefined;
  if (pinned === undefined) return undefined;
  const program = [...pinned.entryPoint, ...pinned.command][0] ?? '';
  const errorMessage = `the image's entry point '${program}' could not be started in ${pinned.workingDirectory}`;
  return { errorType: 'Runtime.InvalidEntrypoint', errorMessage };
}

/** The image that the package in `code` names in `file`; undefined if it names none. */
async function readPinned(code: string, file: string): Promise<PinnedImage | undefined> {
  return pinnedImageOf(await readFile(join(code, file), 'utf8').catch(() => ''));
}

/** How often an image is tried whose last container is just being removed, and the pause between (ms). */
const TRIES = 20;
const PAUSE_MS = 100;

/**
 * Removes the names in `repository` of images whose ids are not in `kept`, and with its last name the image. Returns how
 * many. Images that a container still uses after two seconds stay. Rejects with dockerode's errors.
 */
export async function removeImagesBut(docker: Docker, repository: string, kept: ReadonlySet<string>): Promise<number> {
  const found = await docker.listImages({ filters: JSON.stringify({ reference: [repository] }) });
  const names = found
    .filter(({ Id: id }) => !kept.has(id))
    .flatMap(({ RepoTags: tags }) => (tags ?? []).filter((tag) => tag.startsWith(`${repository}:`)));
  let left = names;
  for (let tries = 1; left.length > 0 && tries <= TRIES; tries += 1) {
    if (tries > 1) await sleep(PAUSE_MS);
    const removed = await Promise.all(left.map((name) => isRemoved(docker, name)));
    left = left.filter((_, at) => removed[at] === false);
  }
  return names.length - left.length;
}

/** Removes a name; false while a container uses the image. */
async function isRemoved(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.getImage(name).remove();
  } catch (thrown) {
    if (isInUse(thrown)) return false;
    if (!isMissing(thrown)) throw thrown;
  }
  return true;
}

function isInUse(thrown: unknown): boolean {
  return Reflect.get(Object(thrown), 'statusCode') === 409;
}
