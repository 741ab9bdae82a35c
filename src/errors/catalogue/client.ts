import type { Entry } from '../entry.ts';
import { entry } from '../entry.ts';

export const CLIENT = {
  LAM_CLIENT_BAD_URL: entry<{ url: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `'${d.url}' is not the URL of a daemon`,
    hint: () => 'give the URL that this prints: lam status',
  }),
  LAM_CLIENT_UNREACHABLE: entry<{ url: string; what: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `no daemon answers at ${d.url} (${d.what})`,
    hint: () => 'see whether it runs and where: lam status',
  }),
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
    hint: (d) => `read its log: cat '${d.log}', or run it in the foreground: lam serve`,
  }),
  LAM_CLIENT_DAEMON_VERSION_MISMATCH: entry<{ daemon: string; cli: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `the running daemon is lam ${d.daemon}, but this command is lam ${d.cli}`,
    hint: () => 'restart the daemon with this version: lam restart',
  }),
  LAM_CLIENT_CONNECTION_LOST: entry<{ what: string }>({
    kind: 'unavailable',
    fault: 'host',
    message: (d) => `the connection to the daemon was lost before it answered: ${d.what}`,
    hint: () => 'check whether it is running: lam status',
  }),
  LAM_CLIENT_BAD_ANSWER: entry<{ status: number; what: string }>({
    kind: 'internal',
    fault: 'lam',
    message: (d) => `the daemon answered with status ${d.status} and a body that this command cannot read: ${d.what}`,
    hint: () => 'run the daemon in the version of this command: lam restart',
  }),
  LAM_CLIENT_SOCKET_FOLDER_FOREIGN: entry<{ folder: string }>({
    kind: 'permission_denied',
    fault: 'host',
    message: (d) => `the folder of the daemon's socket, '${d.folder}', belongs to another user`,
    hint: () => 'use a home with a shorter path, which can hold the socket: lam --home ~/.lam status',
  }),
  LAM_CLIENT_HOME_FOREIGN: entry<{ home: string; uid: number }>({
    kind: 'permission_denied',
    fault: 'host',
    message: (d) => `the home '${d.home}' belongs to another user, with id ${d.uid}, who could change what runs here`,
    hint: () => 'use a home of your own: lam --home ~/.lam status',
  }),
  LAM_CLIENT_HOME_OPEN: entry<{ home: string; mode: string }>({
    kind: 'permission_denied',
    fault: 'host',
    message: (d) => `the home '${d.home}' can be read or changed by other users (mode ${d.mode})`,
    hint: (d) => `close it: chmod 700 '${d.home}', or use another one: lam --home ~/.lam status`,
  }),
  LAM_CLIENT_HOME_NOT_WRITABLE: entry<{ home: string; what: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) => `the home '${d.home}' cannot be used: ${d.what}`,
    hint: () => 'use another one: lam --home DIR status, or set LAM_HOME',
  }),
} as const satisfies Record<string, Entry<never>>;
