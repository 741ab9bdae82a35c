import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, ownIdentity } from '../kit/index.ts';

/** A draft's name: its process, by pid, start in clock ticks since boot, and {@link Own.machine}; then random letters. */
const NAME = /^\.draft-(\d+)-(\d*)-([0-9a-f]{8})-/;
/** Folder of a workspace with those of builds in containers. */
export const CONTAINERS = 'container';
/** Age from which a draft counts as left behind if its process cannot be looked for here (ms). */
const LEFT_MS = 24 * 60 * 60 * 1000;

/**
 * Makes an empty folder for unfinished files, on the file system of the workspace so that rename works. Its maker
 * removes it; if that process is killed, {@link reclaimDrafts} does.
 */
export async function newDraft(workspace: string): Promise<string> {
  await mkdir(workspace, { recursive: true });
  const { pid, ticks, machine } = own();
  return mkdtemp(join(await realpath(workspace), `.draft-${pid}-${ticks}-${machine}-`));
}

/**
 * Removes the drafts of processes that have ended, and leaves those of running ones alone. Never rejects: what stays is
 * tried again the next time.
 */
export async function reclaimDrafts(workspace: string): Promise<void> {
  const inContainers = await namesIn(join(workspace, CONTAINERS));
  const me = own();
  for (const each of [workspace, ...inContainers.map((name) => join(workspace, CONTAINERS, name))]) {
    for (const name of await namesIn(each)) {
      const draft = join(each, name);
      if (await isLeft(draft, name, me)) await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

async function isLeft(draft: string, name: string, me: Own): Promise<boolean> {
  const [found, pid = '', ticks = '', machine = ''] = NAME.exec(name) ?? [];
  if (found === undefined) return false;
  if (machine === me.machine) return !isAlive({ pid: Number(pid), start: me.boot === '' ? '' : `${me.boot}:${ticks}` });
  const made = await stat(draft).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > LEFT_MS;
}

/** This process in the names of its drafts. */
interface Own {
  readonly pid: number;
  /** Boot id and start; both empty outside Linux. */
  readonly boot: string;
  readonly ticks: string;
  /** Equal for processes that see each other's pids: of one boot and one namespace. */
  readonly machine: string;
}

function own(): Own {
  const { pid, start } = ownIdentity();
  const [boot = '', ticks = ''] = start.split(':');
  const machine = createHash('sha256').update(`${boot} ${pidNamespace()}`).digest('hex').slice(0, 8);
  return { pid, boot, ticks, machine };
}

/** Distinguishes containers that share a workspace; empty outside Linux. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
