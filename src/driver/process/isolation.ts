import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, messageOf } from '../../errors/index.ts';
import type { Clock } from '../../kit/index.ts';
import { readControl } from './cgroup-files.ts';
import type { Need } from './covers.ts';
import { openFileView, type FileView } from './file-view.ts';
import { quoted, waitingShell, WAITING_VARIABLE } from './launch.ts';
import { endMarked, Marks } from './marks.ts';
import { removeTree } from './remove-tree.ts';
import { idsHere, SandboxUsers, type IdRange } from './sandbox-users.ts';
import { OPT } from '../shared/layers.ts';
import { Ahead, startWaiting, type WaitingShell } from './waiting.ts';

const SETPRIV = '/usr/bin/setpriv';
/** Programs that sandboxes with users of their own are started by. */
const TOOLS = [SETPRIV, '/usr/bin/unshare', '/usr/bin/nsenter', '/bin/mount'];
const TRIAL_MS = 5000;

/** A process that waits to become a sandbox's, with what is its own. */
export interface Place {
  readonly shell: WaitingShell;
  /** Its user and group; undefined for lam's own user. */
  readonly user: number | undefined;
  /** What its descendants are known by if it has no user of its own. */
  readonly mark: number | undefined;
  /** Folder on this machine that is its `/tmp`; undefined if it has none of its own there. */
  readonly tmp: string | undefined;
  /** Its layers are at `/opt`. */
  readonly hasOpt: boolean;
  /** Starts another process that waits, with the same user and `/tmp`. */
  beside(): Promise<WaitingShell>;
  /** Ends what is left of its processes. */
  end(): Promise<void>;
  /** Ends what is left of its processes and removes what it had. */
  free(): Promise<void>;
  /**
   * Returns a place with another process and the same user and `/tmp`, which replaces this one, whose processes have
   * ended. Undefined if it has no user of its own, or what sandboxes see has changed since.
   */
  again(): Promise<Place | undefined>;
}

/** What a process with a user of its own is made with. */
interface OwnPlace {
  readonly user: number;
  /** Folder that becomes its `/tmp`. */
  readonly tmp: string;
  readonly view: FileView;
  /** Folder that it sees at `/opt`; undefined for that of this machine. */
  readonly layers: string | undefined;
}

/** How sandboxes are kept apart on this machine. */
export interface IsolationFacts {
  /** Each runs as a user of its own. */
  readonly ownUsers: boolean;
  /** Why not, for a daemon of root. */
  readonly whyNot: string | undefined;
  /** They see no processes but their own. */
  readonly hidesProcesses: boolean;
  /** They die with the daemon and cannot gain privileges. */
  readonly setpriv: boolean;
  /** They can have layers at `/opt`. */
  readonly hasOpt: boolean;
}

/** Parts of {@link Isolation}. */
export interface IsolationParts {
  readonly home: string;
  readonly homeId: string;
  /** Files and folders that every sandbox needs. */
  readonly needs: readonly Need[];
  /** Whether sandboxes have control groups, which end all of their processes. */
  readonly cgroups: boolean;
  readonly clock: Clock;
}

/**
 * Prepares the processes that become sandboxes. Those of a root daemon have users of their own and see only what they
 * need; where that is not permitted, and for other users, they are lam's own user.
 */
export class Isolation {
  readonly #parts: IsolationParts;
  readonly #folder: string;
  readonly #users: SandboxUsers | undefined;
  readonly #marks: Marks;
  #facts: Omit<IsolationFacts, 'hasOpt'>;
  #tried: Promise<void> | undefined;
  #view: FileView | undefined;
  readonly #views: FileView[] = [];
  readonly #needed = new Map<string, Need>();
  #changing: Promise<void> = Promise.resolve();
  #ahead: Ahead<Place>;
  readonly #outdated: Promise<void>[] = [];

  constructor(parts: IsolationParts) {
    this.#parts = parts;
    this.#folder = join(parts.home, 'run', 'own');
    for (const need of parts.needs) this.#needed.set(need.path, need);
    const ids = process.platform === 'linux' && process.getuid?.() === 0 ? idsOrReason(parts.homeId) : 'not root';
    this.#users = typeof ids === 'string' ? undefined : new SandboxUsers(ids);
    this.#facts = guess(ids);
    this.#marks = new Marks(parts.homeId);
    this.#ahead = this.#newAhead();
  }

  /** A guess until {@link prepare} has resolved. */
  get facts(): IsolationFacts {
    return { ...this.#facts, hasOpt: this.#canCoverOpt() };
  }

  /** Ids of the users of this home's sandboxes. */
  get users(): SandboxUsers | undefined {
    return this.#users;
  }

  /**
   * Finds out what is permitted here, by trying it, and keeps a process waiting. Rejects, and tries again the next time,
   * when that failed for want of something that may come back: functions must not run as root because a disk was full.
   */
  prepare(): Promise<void> {
    this.#tried ??= this.#try().then(
      () => void this.#ahead.refill(),
      (error: unknown) => {
        this.#tried = undefined;
        throw error;
      },
    );
    return this.#tried;
  }

  /**
   * Returns a process for a sandbox that needs these files or folders too.
   * @param layers folder that it is to find at `/opt`; undefined for none
   */
  async take(paths: readonly string[], layers?: string): Promise<Place> {
    await this.prepare();
    if (this.#facts.ownUsers) await this.#show(paths);
    // What is at /opt must be known before the process gives up its privileges.
    return layers !== undefined && this.#canCoverOpt() ? this.#make(layers) : this.#ahead.take();
  }

  /** Whether layers can be at `/opt`: it exists, and no sandbox needs what this machine has there. */
  #canCoverOpt(): boolean {
    return (
      this.#facts.ownUsers &&
      existsSync(OPT) &&
      ![...this.#needed.keys()].some((path) => `${path}/`.startsWith(`${OPT}/`))
    );
  }

  /** Ends the processes that wait. */
  async close(): Promise<void> {
    await this.#tried?.catch(() => undefined);
    await this.#changing;
    await this.#ahead.close();
    await Promise.all(this.#outdated);
    await Promise.all(this.#views.map((view) => view.close()));
    if (this.#users !== undefined) await removeTree(this.#folder);
  }

  async #try(): Promise<void> {
    if (this.#facts.ownUsers) {
      try {
        await removeTree(this.#folder);
        await makeFolder(this.#folder, 0o711);
        this.#needed.set(this.#folder, { path: this.#folder, writable: true });
        await this.#openView();
        const whyNot = await this.#probe();
        const ownUsers = whyNot === undefined;
        const hidesProcesses = ownUsers && this.#view?.hidesProcesses === true;
        this.#facts = { ...this.#facts, ownUsers, whyNot, hidesProcesses };
        if (ownUsers) return;
      } catch (error) {
        if (isPassing(error)) throw error;
        this.#facts = { ...this.#facts, ownUsers: false, whyNot: messageOf(error), hidesProcesses: false };
      }
    }
    this.#facts = { ...this.#facts, setpriv: this.#facts.setpriv && (await setprivWorks()) };
  }

  /** Returns why a sandbox could not run, as one that tries to reach everything it needs says. */
  async #probe(): Promise<string | undefined> {
    const place = await this.#make();
    const paths = [...this.#needed.values()].filter((need) => !need.writable).map((need) => quoted(need.path));
    const refused = 'echo "other users cannot reach $p" >&2; exit 1';
    const { running, become } = place.shell;
    become(`for p in ${paths.join(' ')}; do [ -x "$p" ] || { ${refused}; }; done; exit 0\n`);
    const { code, signal } = await running.ended;
    await place.free();
    return code === 0 ? undefined : running.complaint() || `a trial ended with ${code ?? signal}`;
  }

  /** Makes sure that sandboxes taken from now on see `paths`. */
  #show(paths: readonly string[]): Promise<void> {
    if (paths.every((path) => this.#needed.has(path))) return this.#changing;
    for (const path of paths) if (!this.#needed.has(path)) this.#needed.set(path, { path, writable: false });
    this.#changing = this.#changing.then(async () => {
      await this.#openView();
      this.#outdated.push(this.#ahead.close());
      this.#ahead = this.#newAhead();
    });
    return this.#changing;
  }

  async #openView(): Promise<void> {
    const { home, homeId } = this.#parts;
    this.#view = await openFileView({
      homeId,
      home: await realpath(home),
      staging: join(this.#folder, 'view'),
      needs: [...this.#needed.values()],
    });
    // Processes that were taken a moment ago may still be entering an older one.
    this.#views.push(this.#view);
  }

  #newAhead(): Ahead<Place> {
    return new Ahead(
      {
        make: () => this.#make(),
        discard: async (place) => {
          await place.shell.discard();
          await place.free();
        },
        isFit: (place) => !place.shell.running.isEnded,
      },
      this.#parts.clock,
    );
  }

  async #make(layers?: string): Promise<Place> {
    const { homeId, clock } = this.#parts;
    const waiting = { [WAITING_VARIABLE]: homeId };
    if (!this.#facts.ownUsers || this.#users === undefined || this.#view === undefined) {
      const command = waitingShell({ as: 'lam', setpriv: this.#facts.setpriv });
      const shell = await startWaiting(command, waiting, clock);
      const mark = process.platform === 'linux' ? this.#marks.next() : undefined;
      const end = async (): Promise<void> => {
        if (mark !== undefined && !this.#parts.cgroups) await endMarked(mark);
      };
      const beside = (): Promise<WaitingShell> => startWaiting(command, waiting, clock);
      const again = (): Promise<undefined> => Promise.resolve(undefined);
      return { shell, user: undefined, mark, tmp: undefined, hasOpt: false, beside, end, free: end, again };
    }
    const user = this.#users.take();
    const folder = join(this.#folder, String(user));
    const tmp = join(folder, 'tmp');
    try {
      await makeFolder(folder, 0o711);
      await makeFolder(tmp, 0o700);
      await Promise.all(this.#view.keptInTmp.map((name) => makeFolder(join(tmp, name), 0o711)));
      await chown(tmp, user, user);
      return await this.#ownPlace({ user, tmp, view: this.#view, layers });
    } catch (error) {
      await this.#free(user);
      throw error;
    }
  }

  /** Returns a place of `user`, whose folders are there. */
  async #ownPlace(own: OwnPlace): Promise<Place> {
    const { user, tmp, view, layers } = own;
    const { namespace, keptInTmp } = view;
    const waiting = { [WAITING_VARIABLE]: this.#parts.homeId };
    const command = waitingShell({ as: 'own-user', user, namespace, tmp, keptInTmp, layers });
    const start = (): Promise<WaitingShell> => startWaiting(command, waiting, this.#parts.clock);
    return {
      shell: await start(),
      beside: start,
      user,
      mark: undefined,
      tmp,
      hasOpt: layers !== undefined,
      end: () => this.#end(user),
      free: () => this.#free(user),
      // Code that ran there may have put links where folders of a newer view would be made.
      again: () => (this.#view === view ? this.#ownPlace(own) : Promise.resolve(undefined)),
    };
  }

  async #end(user: number): Promise<void> {
    if (!this.#parts.cgroups) await endProcessesOf(user);
  }

  async #free(user: number): Promise<void> {
    await this.#end(user);
    await removeTree(join(this.#folder, String(user)));
    this.#users?.release(user);
  }
}

/**
 * Makes a folder with exactly this mode: the umask cuts the one given to mkdir. Makes none above it, so that a home
 * that was moved away does not come back.
 */
async function makeFolder(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode }).catch(ifExists);
  await chmod(path, mode);
}

/** Capabilities that a root daemon needs to give sandboxes users and mounts of their own, by their numbers. */
const CAPABILITIES = [
  [0, 'CAP_CHOWN'],
  [6, 'CAP_SETGID'],
  [7, 'CAP_SETUID'],
  [8, 'CAP_SETPCAP'],
  [21, 'CAP_SYS_ADMIN'],
] as const;

/** Returns the first missing capability, from the text of `/proc/self/status`. Pure. */
function lackingCapability(status: string): string | undefined {
  const effective = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return CAPABILITIES.find(([bit]) => ((effective >> BigInt(bit)) & 1n) === 0n)?.[1];
}

/** Codes of failures that say what is not possible here. */
const LASTING: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'ENOSYS', 'EINVAL', 'ENOENT']);

/** Whether an error of the system comes of something used up, or of a broken disk. */
function isPassing(error: unknown): boolean {
  const code = errnoOf(error);
  return code !== undefined && !LASTING.has(code);
}

/** The ids for sandboxes of a root daemon, or why there are none. */
function idsOrReason(homeId: string): IdRange | string {
  const missing = TOOLS.find((path) => !existsSync(path));
  if (missing !== undefined) return `there is no ${missing}`;
  const lacking = lackingCapability(readControl('/proc/self/status'));
  if (lacking !== undefined) return `lam lacks the capability ${lacking}, as in most containers`;
  return idsHere(homeId) ?? 'the user namespace of lam has no user ids to spare';
}

/** From the files present, without starting anything. */
function guess(ids: IdRange | string): Omit<IsolationFacts, 'hasOpt'> {
  const setpriv = process.platform === 'linux' && existsSync(SETPRIV);
  const ownUsers = typeof ids !== 'string';
  return { ownUsers, whyNot: ownUsers ? undefined : ids, hidesProcesses: ownUsers, setpriv };
}

function setprivWorks(): Promise<boolean> {
  const options = ['--pdeathsig', 'KILL', '--no-new-privs', '--', '/bin/true'];
  return new Promise((resolve) => {
    execFile(SETPRIV, options, { env: {}, timeout: TRIAL_MS }, (error) => resolve(error === null));
  });
}

/** Kills all processes of a user, at once: none of them can escape by making others. */
function endProcessesOf(user: number): Promise<void> {
  const as = ['--reuid', String(user), '--regid', String(user), '--clear-groups', '--', '/bin/sh', '-c', 'kill -9 -1'];
  return new Promise((resolve) => {
    execFile(SETPRIV, as, { env: {}, timeout: TRIAL_MS }, () => resolve());
  });
}

function ifExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
