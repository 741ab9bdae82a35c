import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { coversFor, type AlwaysCovered, type Cover, type Need } from './covers.ts';
import { quoted, WAITING_VARIABLE } from './launch.ts';

/** Folders where all may write; sandboxes get their own `/tmp` and `/dev/shm`, and cannot write to the others. */
const SHARED_FOLDERS: AlwaysCovered = new Map([
  ['/tmp', '0711'],
  ['/var/tmp', '0755'],
  ['/run/lock', '0755'],
  ['/dev/shm', '0755'],
  ['/dev/mqueue', '0755'],
]);
/** The first Linux where hiding processes in one mount of /proc leaves the others alone. */
const HIDES_SINCE = 5.08;

/** What the view of a home shows and hides. */
export interface FileViewParts {
  /** Real path of the home. */
  readonly home: string;
  readonly homeId: string;
  /** An empty folder that the view is built in. */
  readonly staging: string;
  readonly needs: readonly Need[];
}

/**
 * A mount namespace in which sandboxes of other users reach what they need at its usual path, although folders on the
 * way are closed to them, and nothing else in those folders. It lives as long as its keeper, a shell that ends with the
 * daemon, and the processes in it.
 */
export interface FileView {
  /** Path by which processes enter it. */
  readonly namespace: string;
  /** Names in `/tmp` that a sandbox's own `/tmp` must show too. */
  readonly keptInTmp: readonly string[];
  /** Processes of other users are hidden. */
  readonly hidesProcesses: boolean;
  /** Ends the keeper. Idempotent. */
  close(): Promise<void>;
}

/** Makes a view. Rejects with the system's reason where that is not permitted. */
export async function openFileView({ home, homeId, staging, needs }: FileViewParts): Promise<FileView> {
  await mkdir(staging, { recursive: true, mode: 0o700 });
  const covered = new Map([[home, '0711']]);
  for (const [folder, mode] of SHARED_FOLDERS) if (await isFolder(folder)) covered.set(folder, mode);
  const covers = await coversFor(needs, covered);
  const keeper = spawn('/usr/bin/unshare', ['--mount', '--propagation', 'slave', '--', '/bin/sh'], {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', [WAITING_VARIABLE]: homeId },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  keeper.stdin.on('error', () => undefined);
  keeper.stdin.write(viewScript(covers, staging, canHideProcesses()));
  const said = await answerOf(keeper);
  keeper.on('error', () => undefined);
  // It waits for the daemon's end, so that nothing waits for its own.
  keeper.unref();
  for (const stream of [keeper.stdin, keeper.stdout, keeper.stderr]) if (stream instanceof Socket) stream.unref();
  return {
    namespace: `/proc/${keeper.pid}/ns/mnt`,
    keptInTmp: namesIn(covers.find((cover) => cover.folder === '/tmp')),
    hidesProcesses: said === 'hidden',
    async close() {
      keeper.stdin.end();
      keeper.ref();
      if (keeper.exitCode === null && keeper.signalCode === null) await once(keeper, 'exit');
    },
  };
}

/** Resolves with the keeper's word when the view stands; rejects with its complaint when it ended instead. */
function answerOf(keeper: {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  once(event: 'error' | 'exit', call: (cause: unknown) => void): unknown;
}): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    keeper.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString('utf8')));
    keeper.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8').trim()));
    keeper.once('error', reject);
    keeper.once('exit', (status) =>
      reject(new Error(complaint.trim().split('\n')[0] || `exit status ${String(status)}`)),
    );
  });
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function namesIn(cover: Cover | undefined): readonly string[] {
  return [...new Set(cover?.shown.map(({ within }) => within.split('/')[0] ?? ''))];
}

/** Before Linux 5.8 the option would change every mount of /proc. */
function canHideProcesses(): boolean {
  const [major = 0, minor = 0] = release()
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return major + minor / 100 >= HIDES_SINCE;
}

/** Returns the commands that build a view in a new mount namespace, and print `hidden` or `seen`. Pure. */
function viewScript(covers: readonly Cover[], staging: string, hideProcesses: boolean): string {
  const lines = ['set -e', 'umask 066', `mount -t tmpfs -o mode=0700 tmpfs ${quoted(staging)}`];
  const places = covers.map((cover, at) => ({ cover, place: join(staging, String(at)) }));
  for (const { cover, place } of places) {
    lines.push(`mkdir ${quoted(place)}`, `mount -t tmpfs -o nosuid,nodev,mode=${cover.mode} tmpfs ${quoted(place)}`);
    for (const { need, within, isFolder: folder } of cover.shown.toSorted((a, b) => (a.within < b.within ? -1 : 1))) {
      const target = join(place, within);
      lines.push(folder ? `mkdir -p ${quoted(target)}` : `mkdir -p ${quoted(dirname(target))}; : >> ${quoted(target)}`);
      const options = ['bind', 'nosuid', 'nodev', ...(need.writable ? [] : ['ro'])].join(',');
      lines.push(`mount -o ${options} ${quoted(need.path)} ${quoted(target)}`);
    }
  }
  // The cover over the folder that the others are built in comes last.
  const hidesStaging = ({ cover }: { readonly cover: Cover }): number =>
    Number(`${staging}/`.startsWith(`${cover.folder}/`));
  for (const { cover, place } of places.toSorted((a, b) => hidesStaging(a) - hidesStaging(b)))
    lines.push(`mount --move ${quoted(place)} ${quoted(cover.folder)}`);
  const hide =
    'mount -t proc -o nosuid,nodev,noexec,hidepid=invisible proc /proc 2>/dev/null && echo hidden || echo seen';
  lines.push(hideProcesses ? hide : 'echo seen');
  return `${lines.join('\n')}\n`;
}
