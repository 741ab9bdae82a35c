/** Lines of the daemon about itself; stderr is the terminal of `lam serve`, else `LAM_HOME/daemon.log`. */
export type DaemonLog = (line: string) => void;

export const stderrLog: DaemonLog = (line) => {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
};
