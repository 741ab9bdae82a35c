export { LamClient } from './lam-client.ts';
export type { Upload } from './calls/artifacts.ts';
export { connect, type Connection, type ConnectOptions } from './connect.ts';
export { processGone } from './process-gone.ts';
export { daemonLog, rehearseStart, startDaemon, type DaemonLaunch } from './start-daemon.ts';
