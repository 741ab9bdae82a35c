import { basename } from 'node:path';
import { INSIDE } from '../container/container-spec.ts';
import type { Mount } from './host-base.ts';

/** Folder of the libraries that lam's Node needs, inside a container. */
const LIBRARIES = '/lam/lib';
const LOADER = /\/ld-(?:linux|musl)[^/]*\.so[^/]*$/;
const LIBRARY = /\.so(?:\.\d+)*$/;

/** How lam's Node is started in an image that may have no C library, or another one. */
export interface PortableNode {
  readonly command: readonly string[];
  readonly mounts: readonly Mount[];
}

let known: PortableNode | undefined;

/**
 * Returns lam's Node with the libraries and the loader of this machine, which it is started by. Without a loader, as
 * for a static Node, it starts by itself. `nodeBinary`: the program that runs this process too.
 */
export function portableNode(nodeBinary: string): PortableNode {
  known ??= portable(nodeBinary, loadedFiles());
  return known;
}

/** `loaded`: the files that such a process has loaded, by the names it asked for. Pure. */
export function portable(nodeBinary: string, loaded: readonly string[]): PortableNode {
  const loader = loaded.find((path) => LOADER.test(path));
  if (loader === undefined || loaded.length === 0) return { command: [INSIDE.node], mounts: [] };
  const libraries = loaded.filter((path) => LIBRARY.test(path) && path !== nodeBinary);
  return {
    command: [`${LIBRARIES}/${basename(loader)}`, '--library-path', LIBRARIES, INSIDE.node],
    mounts: libraries.map((path) => ({ source: path, target: `${LIBRARIES}/${basename(path)}` })),
  };
}

/** The files that this process has loaded, by the names under which it looked for them. */
function loadedFiles(): readonly string[] {
  if (process.platform !== 'linux') return [];
  // Else it would look up names of hosts.
  Reflect.set(process.report, 'excludeNetwork', true);
  const { sharedObjects } = process.report.getReport() as { readonly sharedObjects?: readonly string[] };
  return (sharedObjects ?? []).filter((path) => path.startsWith('/'));
}
