import type { Entry } from '../entry.ts';
import { entry } from '../entry.ts';

export const CLIENT = {
  LAM_CLIENT_DAEMON_NOT_RUNNING: entry<{ home: string }>({
    kind: 'unavailable',
    fault: 'caller',
    message: (d) => `no daemon is running for '${d.home}'`,
    hint: () => 'start it: lam start',
  }),
  LAM_CLIENT_DAEMON_START_FAILED: entry<{ log: string; what: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `the daemon could not be started: ${d.what}`,
    hint: (d) => `see what it said: cat '${d.log}', or run it in front of you: lam serve`,
  }),
  LAM_CLIENT_DAEMON_VERSION_MISMATCH: entry<{ daemon: string; cli: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `the running daemon is lam ${d.daemon}, but this command is lam ${d.cli}`,
    hint: () => 'bring the daemon to this version: lam restart',
  }),
  LAM_CLIENT_CONNECTION_LOST: entry<{ what: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `the daemon went away before it answered: ${d.what}`,
    hint: () => 'see whether it still runs: lam status',
  }),
  LAM_CLIENT_BAD_ANSWER: entry<{ status: number; what: string }>({
    kind: 'internal',
    fault: 'lam',
    message: (d) =>
      `the daemon answered with status ${d.status} and something this command does not understand: ${d.what}`,
    hint: () => 'bring both to the same version: lam restart',
  }),
  LAM_CLIENT_SOCKET_FOLDER_FOREIGN: entry<{ folder: string }>({
    kind: 'permission_denied',
    fault: 'host',
    message: (d) => `the folder of the daemon's socket, '${d.folder}', belongs to somebody else`,
    hint: () => 'choose a shorter home, so that the socket fits into it: lam --home ~/.lam status',
  }),
  LAM_CLIENT_HOME_NOT_WRITABLE: entry<{ home: string; what: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) => `the home '${d.home}' cannot be used: ${d.what}`,
    hint: () => 'choose another one: lam --home DIR status, or set LAM_HOME',
  }),
} as const satisfies Record<string, Entry<never>>;
