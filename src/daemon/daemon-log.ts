import { writeSync } from 'node:fs';

/** Writes one line to the daemon's own log. */
export type DaemonLog = (line: string) => void;

/** Logs to stderr, which is the terminal of `lam serve`, else `LAM_HOME/daemon.log`. */
export const stderrLog: DaemonLog = (line) => {
  try {
    // Written synchronously, because a stream would emit an unhandled error when the disk is full.
    writeSync(2, `${new Date().toISOString()} ${line}\n`);
  } catch {
    // The failure cannot be reported anywhere; functions keep running.
  }
};
