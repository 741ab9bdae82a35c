import { access, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { EntryPoint, Runtime } from '../../runtimes/index.ts';

/** Where functions find their layers, if the driver can put them there. */
export const OPT = '/opt';

/**
 * Returns the variables by which programs find what layers have below `opt`: those of AWS for all runtimes, and the
 * search path of the language. None without layers. Pure.
 * @param path the `PATH` of a sandbox without layers
 */
export function layerEnvironment(
  { version, descriptor }: Runtime,
  opt: string | undefined,
  path: string,
): Readonly<Record<string, string>> {
  if (opt === undefined) return {};
  const inOpt = (places: readonly string[]): string => places.map((place) => posix.join(opt, place)).join(':');
  const ofLanguage = Object.entries(descriptor.layerPaths?.(version) ?? {}).map(([name, places]) => [
    name,
    inOpt(places),
  ]);
  return {
    PATH: `${path}:${posix.join(opt, 'bin')}`,
    LD_LIBRARY_PATH: posix.join(opt, 'lib'),
    ...Object.fromEntries(ofLanguage),
  };
}

/**
 * Whether an executable that the code lacks is in its layers, where AWS looks next.
 * @param layers folder of the layers on this machine
 */
export async function isInLayers(entry: EntryPoint, code: string, layers: string): Promise<boolean> {
  if (entry.kind !== 'executable') return false;
  return !(await exists(join(code, entry.file))) && exists(join(layers, entry.file));
}

/** Folder of external extensions in layers. */
export const EXTENSIONS = 'extensions';

/** Names of the external extensions in the layers at this host folder, in order; none without layers. */
export async function extensionsIn(layers: string | undefined): Promise<readonly string[]> {
  if (layers === undefined) return [];
  const entries = await readdir(join(layers, EXTENSIONS), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
