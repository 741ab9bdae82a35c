export { createClient, type LamClient, type Upload } from './client.ts';
export { connect, type Connection, type ConnectOptions } from './connect.ts';
export { processGone } from './process-gone.ts';
export { daemonLog, rehearseStart, startDaemon, type DaemonLaunch } from './start-daemon.ts';
