import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeHome, socketPath, type Digest } from '../../contract/index.ts';
import { storeError } from './io-errors.ts';

/** Where everything under `LAM_HOME` is. All paths are absolute if `home` is. */
export interface Layout {
  readonly home: string;
  /** 0700: sockets, the lock, a folder per sandbox. Nothing in it outlives a daemon. */
  readonly run: string;
  /** The control socket; outside `run` where its path would be too long for one. */
  readonly socket: string;
  readonly lock: string;
  /** Sockets that bootstraps dial. */
  readonly dial: string;
  readonly sandboxes: string;
  readonly state: string;
  readonly catalogue: string;
  /** Holds the id of the node that this home is. */
  readonly nodeId: string;
  readonly objects: string;
  readonly artifacts: string;
  /** Half-made things; emptied at each start. */
  readonly staging: string;
  readonly logs: string;
  readonly daemonLog: string;
  readonly tmp: string;
  /** The folder of one sandbox. */
  readonly sandbox: (id: string) => string;
  /** The one file with this content, read-only (0444, or 0555 for the executable variant). */
  readonly object: (digest: Digest, executable: boolean) => string;
  readonly artifact: (digest: Digest) => string;
  /** The unpacked code of an artifact. */
  readonly tree: (digest: Digest) => string;
  readonly manifest: (digest: Digest) => string;
  /** What one interpreter made of an artifact's code; `name` stands for the interpreter. */
  readonly startupCache: (digest: Digest, name: string) => string;
}

/** The paths of one home. Pure. */
export function layout(home: string): Layout {
  const run = join(home, 'run');
  const state = join(home, 'state');
  const objects = join(home, 'objects');
  const artifacts = join(home, 'artifacts');
  return {
    home,
    run,
    socket: socketPath(home),
    lock: join(run, 'daemon.lock'),
    dial: join(run, 'dial'),
    sandboxes: join(run, 'sb'),
    state,
    catalogue: join(state, 'catalogue.json'),
    nodeId: join(state, 'node-id'),
    objects,
    artifacts,
    staging: join(home, 'staging'),
    logs: join(home, 'logs'),
    daemonLog: join(home, 'daemon.log'),
    tmp: join(home, 'tmp'),
    sandbox: (id) => join(run, 'sb', id),
    object: (digest, executable) => join(objects, objectName(digest, executable)),
    artifact: (digest) => join(artifacts, digest),
    tree: (digest) => join(artifacts, digest, 'tree'),
    manifest: (digest) => join(artifacts, digest, 'manifest.json'),
    startupCache: (digest, name) => join(artifacts, digest, `startup-${name}`),
  };
}

/** An object's path below the objects folder: `<ab>/<sha256>`, with an `x` at the end for the executable variant. */
export function objectName(digest: Digest, executable: boolean): string {
  return `${digest.slice(0, 2)}/${digest}${executable ? 'x' : ''}`;
}

/**
 * Makes the home (0700) and its folders where they are missing. Throws `LAM_STORE_NOT_WRITABLE` or
 * `LAM_STORE_DISK_FULL`. Idempotent.
 */
export function prepareHome(paths: Layout): void {
  try {
    makeHome(paths.home);
    mkdirSync(paths.run, { recursive: true, mode: 0o700 });
    for (const folder of [
      paths.dial,
      paths.sandboxes,
      paths.state,
      paths.objects,
      paths.artifacts,
      paths.staging,
      paths.logs,
      paths.tmp,
    ]) {
      mkdirSync(folder, { recursive: true, mode: folder === paths.state ? 0o700 : 0o755 });
    }
  } catch (error) {
    throw storeError(error, paths.home, blockedBy(paths.home));
  }
}

/** The nearest thing on the way to `path` that is there; mkdir names the path it was asked for instead. */
function blockedBy(path: string): string {
  let at = path;
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at);
  return at;
}
