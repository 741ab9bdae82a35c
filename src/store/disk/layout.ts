import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeHome, socketPath, type Digest, type SandboxId } from '../../contract/index.ts';
import { storeError } from './io-errors.ts';

/** Paths of everything under `LAM_HOME`. Absolute if `home` is. */
export interface Layout {
  readonly home: string;
  /** Sockets, the lock, one folder per sandbox (mode 0700). Its content is void when the daemon ends. */
  readonly run: string;
  /** The control socket; outside the home where that path would be too long for a socket. */
  readonly socket: string;
  readonly lock: string;
  /** Sockets that bootstraps connect to. */
  readonly dial: string;
  readonly sandboxes: string;
  readonly state: string;
  readonly catalogue: string;
  /** The published layers. */
  readonly layers: string;
  /** The uploaded container images. */
  readonly images: string;
  /** Hashes of the API keys. */
  readonly apiKeys: string;
  /** The secret from which those of AWS's clients are derived. */
  readonly masterSecret: string;
  /** Requests of API keys with a quota. */
  readonly keyUsage: string;
  /** What triggers keep: when they ran last, which ones are paused. */
  readonly triggerStates: string;
  /** What wire APIs keep: how often Glambdar's clients invoked a function. */
  readonly apiStates: string;
  /** Holds the node id of this home. */
  readonly nodeId: string;
  /** Space kept back for when the disk is full. */
  readonly reserve: string;
  readonly objects: string;
  readonly artifacts: string;
  /** Unfinished files and folders; emptied at each start. */
  readonly staging: string;
  readonly logs: string;
  /** Holds the file of asynchronous invocations. */
  readonly queue: string;
  /** Files that destinations of events append to. */
  readonly destinations: string;
  /** Holds the audit log. */
  readonly audit: string;
  readonly daemonLog: string;
  readonly tmp: string;
  /** The folder of one sandbox. */
  readonly sandbox: (id: SandboxId) => string;
  /** The object with this content, read-only (mode 0444, or 0555 if executable). */
  readonly object: (digest: Digest, executable: boolean) => string;
  readonly artifact: (digest: Digest) => string;
  /** The unpacked code of an artifact. */
  readonly tree: (digest: Digest) => string;
  readonly manifest: (digest: Digest) => string;
  /** The start-up cache of an artifact for one interpreter; `name` is its file name. */
  readonly startupCache: (digest: Digest, name: string) => string;
  /** The archive of classes of an artifact for one function and interpreter; `name` is its file name. */
  readonly startupArchive: (digest: Digest, name: string) => string;
}

/** Returns the paths of one home. Pure. */
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
    layers: join(state, 'layers.json'),
    images: join(state, 'images.json'),
    apiKeys: join(state, 'keys.json'),
    masterSecret: join(state, 'master-secret'),
    keyUsage: join(state, 'key-usage.jsonl'),
    triggerStates: join(state, 'triggers.jsonl'),
    apiStates: join(state, 'apis.jsonl'),
    nodeId: join(state, 'node-id'),
    reserve: join(state, 'reserve'),
    objects,
    artifacts,
    staging: join(home, 'staging'),
    logs: join(home, 'logs'),
    queue: join(home, 'queue'),
    destinations: join(home, 'destinations'),
    audit: join(home, 'audit'),
    daemonLog: join(home, 'daemon.log'),
    tmp: join(home, 'tmp'),
    sandbox: (id) => join(run, 'sb', id),
    object: (digest, executable) => join(objects, objectName(digest, executable)),
    artifact: (digest) => join(artifacts, digest),
    tree: (digest) => join(artifacts, digest, 'tree'),
    manifest: (digest) => join(artifacts, digest, 'manifest.json'),
    startupCache: (digest, name) => join(artifacts, digest, `startup-${name}`),
    startupArchive: (digest, name) => join(artifacts, digest, `archive-${name}`),
  };
}

/** Returns an object's path relative to the objects folder: `<ab>/<sha256>`, with an `x` at the end if executable. */
export function objectName(digest: Digest, executable: boolean): string {
  return `${digest.slice(0, 2)}/${digest}${executable ? 'x' : ''}`;
}

/**
 * Creates the home (mode 0700) and those of its folders that are missing. Throws `LAM_STORE_NOT_WRITABLE` or
 * `LAM_STORE_DISK_FULL`. Idempotent.
 */
export function prepareHome(paths: Layout): void {
  try {
    makeHome(paths.home);
    for (const folder of [
      paths.run,
      paths.state,
      paths.objects,
      paths.staging,
      paths.logs,
      paths.queue,
      paths.audit,
      paths.tmp,
    ]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // Others may pass through a home, and earlier versions of lam made some of these for all to read.
      if ((statSync(folder).mode & 0o066) !== 0) chmodSync(folder, 0o700);
    }
    for (const folder of [paths.dial, paths.sandboxes, paths.artifacts]) mkdirSync(folder, { recursive: true });
    // Sandboxes of other users pass through it to their own code.
    chmodSync(paths.artifacts, 0o711);
  } catch (error) {
    throw storeError(error, paths.home, blockedBy(paths.home));
  }
}

/**
 * Returns the nearest existing ancestor of `path`, which caused the failure; mkdir's error names the whole path
 * instead.
 */
function blockedBy(path: string): string {
  let at = path;
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at);
  return at;
}
