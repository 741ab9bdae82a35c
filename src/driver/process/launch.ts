import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

const SETPRIV = '/usr/bin/setpriv';
const SHELL = '/bin/sh';
/** `ulimit -f` counts in these. */
const BLOCK_BYTES = 512;

/** What this machine has to start a sandbox's process with. */
export interface Launcher {
  /** The process dies with the daemon, and it and its children can't gain privileges. */
  readonly setpriv: boolean;
}

/** What there seems to be, without trying it. */
export function guessLauncher(): Launcher {
  return { setpriv: process.platform === 'linux' && existsSync(SETPRIV) };
}

/** Tries what there is. */
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

/** What to start, and within which limits. */
export interface LaunchPlan {
  readonly command: readonly string[];
  /** Files of its control groups, to write `0` ("the writer") to before the command begins. */
  readonly joins: readonly string[];
  /** Largest file it may write, MiB. */
  readonly fileMiB: number;
}

/**
 * The command line of a sandbox's process. Each step replaces itself by the next one, so the pid stays that of the
 * program started, and its exit is the program's own. Pure.
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
