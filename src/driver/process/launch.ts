import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

const SETPRIV = '/usr/bin/setpriv';
const SHELL = '/bin/sh';
/** Unit of `ulimit -f`. */
const BLOCK_BYTES = 512;

/** What this machine offers to start processes with. */
export interface Launcher {
  /** `setpriv` works: the process dies with the daemon, and neither it nor its children can gain privileges. */
  readonly setpriv: boolean;
}

/** Guesses from the files present, without starting anything. */
export function guessLauncher(): Launcher {
  return { setpriv: process.platform === 'linux' && existsSync(SETPRIV) };
}

/** Detects by starting a process. */
export async function detectLauncher(): Promise<Launcher> {
  if (process.platform !== 'linux') return { setpriv: false };
  const works = await new Promise<boolean>((resolve) => {
    execFile(
      SETPRIV,
      ['--pdeathsig', 'KILL', '--no-new-privs', '--', '/bin/true'],
      { env: {}, timeout: 5000 },
      (error) => resolve(error === null),
    );
  });
  return { setpriv: works };
}

/** What to start, and its limits. */
export interface LaunchPlan {
  readonly command: readonly string[];
  /** cgroup files to join by writing `0` before the command starts. */
  readonly joins: readonly string[];
  /** Largest file it may write (MiB). */
  readonly fileMiB: number;
}

/**
 * Returns the command line of a sandbox's process. Each step execs the next, so that pid and exit status are those of
 * the command. Pure.
 */
export function commandLine(launcher: Launcher, plan: LaunchPlan): readonly string[] {
  const joins = plan.joins.map((file) => `echo 0 > ${quoted(file)} || exit 125; `).join('');
  const script = `${joins}ulimit -c 0; ulimit -f ${Math.ceil((plan.fileMiB * 1024 * 1024) / BLOCK_BYTES)} 2>/dev/null; exec "$@"`;
  const shell = [SHELL, '-c', script, 'sh', ...plan.command];
  return launcher.setpriv ? [SETPRIV, '--pdeathsig', 'KILL', '--no-new-privs', '--', ...shell] : shell;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
