import { OPT } from '../shared/layers.ts';

/** Environment variable of processes that wait for work of the home whose id it holds; no sandbox has it. */
export const WAITING_VARIABLE = 'LAM_WAITING';

const SETPRIV = '/usr/bin/setpriv';
const SHELL = '/bin/sh';
/** Unit of `ulimit -f`. */
const BLOCK_BYTES = 512;
/** Mounts a `/dev/shm` that nobody shares and that ends with its sandbox; as large as in containers. */
const OWN_SHARED_MEMORY = '{ [ ! -d /dev/shm ] || mount -t tmpfs -o nosuid,nodev,mode=1777,size=64m tmpfs /dev/shm; }';
/** Names that shells keep to themselves: assigning them ends a shell. */
const NAMES_OF_SHELLS: ReadonlySet<string> = new Set([
  ...['BASHOPTS', 'BASH_VERSINFO', 'EUID', 'OPTIND', 'PPID', 'SHELLOPTS', 'UID'],
]);

/** How a process is prepared before it is known what it will run. */
export type Preparation =
  /** As lam's own user; with `setpriv` it dies with the daemon and cannot gain privileges. */
  | { readonly as: 'lam'; readonly setpriv: boolean }
  /** As a user of its own, with mounts, shared memory and message queues of its own. */
  | {
      readonly as: 'own-user';
      readonly user: number;
      /** Path of the mount namespace to start from. */
      readonly namespace: string;
      /** Folder that becomes its `/tmp`. */
      readonly tmp: string;
      /** Names in `/tmp` that stay visible. */
      readonly keptInTmp: readonly string[];
      /** Folder that it sees at `/opt`; undefined for that of this machine. */
      readonly layers: string | undefined;
    };

/**
 * Returns the command line of a shell that waits on stdin for a {@link confineScript} and a {@link programScript}. Each
 * step execs the next, so that pid and exit status are those of the command that the script names. Pure.
 */
export function waitingShell(preparation: Preparation): readonly string[] {
  const endsWithLam = ['--no-new-privs', '--pdeathsig', 'KILL', '--', SHELL];
  if (preparation.as === 'lam') return preparation.setpriv ? [SETPRIV, ...endsWithLam] : [SHELL];
  const { user, namespace, tmp, keptInTmp, layers } = preparation;
  const keep = keptInTmp.map((name) => `mount --rbind ${quoted(`/tmp/${name}`)} ${quoted(`${tmp}/${name}`)} && `);
  const opt = layers === undefined ? '' : `mount -o bind,ro,nosuid,nodev ${quoted(layers)} ${OPT} && `;
  const mounts = `${keep.join('')}mount --rbind ${quoted(tmp)} /tmp && ${OWN_SHARED_MEMORY} && ${opt}exec "$@"`;
  return [
    ...['/usr/bin/nsenter', `--mount=${namespace}`, '--'],
    ...['/usr/bin/unshare', '--ipc', '--mount', '--propagation', 'unchanged', '--', SHELL, '-c', mounts, 'sh'],
    ...[SETPRIV, '--reuid', String(user), '--regid', String(user), '--clear-groups'],
    // After the change of user, which clears the parent-death signal; setpriv keeps this order.
    ...['--inh-caps=-all', '--bounding-set=-all', ...endsWithLam],
  ];
}

/** What a waiting shell and all that it becomes are held to. */
export interface Confinement {
  /** cgroup files to join by writing `0` before the command starts. */
  readonly joins: readonly string[];
  /** Largest file it may write (MiB). */
  readonly fileMiB: number;
  /** What all its descendants inherit, see `Marks`. */
  readonly mark: number | undefined;
  /** Files that it makes are its user's alone. */
  readonly isPrivate: boolean;
  /** Folder to wait in: one of the sandbox, by which its processes are known. */
  readonly waitsIn: string;
}

/** What a waiting shell becomes. */
export interface Program {
  readonly command: readonly string[];
  /** Folder to start in. */
  readonly cwd: string;
  /** Complete environment; names are valid in shells. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Returns the commands that confine a waiting shell; it waits on. Pure. */
export function confineScript({ joins, fileMiB, mark, isPrivate, waitsIn }: Confinement): string {
  return [
    ...(isPrivate ? ['umask 077'] : []),
    `cd ${quoted(waitsIn)} || exit 125`,
    ...joins.map((file) => `echo 0 > ${quoted(file)} || exit 125`),
    'ulimit -c 0',
    ...(mark === undefined ? [] : [`ulimit -m ${mark} 2>/dev/null`]),
    `ulimit -f ${Math.ceil((fileMiB * 1024 * 1024) / BLOCK_BYTES)} 2>/dev/null\n`,
  ].join('\n');
}

/**
 * Returns the commands by which a confined shell becomes the process of a sandbox. Values of variables are in no command
 * line, so that no other user can read them. Pure.
 */
export function programScript(plan: Program): string {
  const variables = Object.entries(plan.environment).filter(([name]) => !NAMES_OF_SHELLS.has(name));
  return [
    `cd ${quoted(plan.cwd)} || exit 125`,
    `unset OLDPWD ${WAITING_VARIABLE}`,
    ...variables.map(([name, value]) => `export ${name}=${quoted(value)}`),
    `exec ${plan.command.map(quoted).join(' ')} </dev/null\n`,
  ].join('\n');
}

/** Returns `text` as one word of a shell. Pure. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
