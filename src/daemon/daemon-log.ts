import { writeSync } from 'node:fs';

/** Lines of the daemon about itself; stderr is the terminal of `lam serve`, else `LAM_HOME/daemon.log`. */
export type DaemonLog = (line: string) => void;

export const stderrLog: DaemonLog = (line) => {
  try {
    // Not through the stream, whose failure nobody would catch: the file is on the disk that may just be full.
    writeSync(2, `${new Date().toISOString()} ${line}\n`);
  } catch {
    // There is nowhere to say it; functions run on.
  }
};
