import { entry } from '../entry.ts';

export const DAEMON = {
  LAM_DAEMON_PORT_TAKEN: entry<{ port: number; pid?: number; command?: string; isRestart?: true }>({
    kind: 'already_exists',
    fault: 'host',
    message: (d) => `port ${d.port} is taken${d.pid === undefined ? '' : ` by process ${d.pid} (${d.command ?? '?'})`}`,
    hint: (d) => `use another one: lam ${d.isRestart === true ? 'restart' : 'start'} --port ${d.port + 1}`,
  }),
  LAM_DAEMON_LISTEN_FAILED: entry<{ host: string; port: number; why: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) => `cannot listen on '${d.host}' port ${d.port}: ${d.why}`,
    hint: () => 'use an address of this machine: lam start --host 127.0.0.1 --port 8000',
  }),
  LAM_DAEMON_TOKEN_NEEDED: entry<{ host: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `listening on '${d.host}' requires a token, because other machines can connect`,
    hint: (d) => `set a secret: LAM_TOKEN=SECRET lam start --host ${d.host}`,
  }),
  LAM_DAEMON_HOME_GONE: entry<{ home: string; what: string }>({
    kind: 'failed_precondition',
    fault: 'host',
    message: (d) => `the daemon ends: its home '${d.home}' was ${d.what}`,
    hint: () => 'start another daemon: lam start; to remove a home, run lam stop first',
  }),
  LAM_DAEMON_FILE_MISSING: entry<{ file: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) => `a file of lam is missing: '${d.file}'`,
    hint: () => 'install lam again; in a clone run: npm run build',
  }),
  LAM_DAEMON_DRIVER_UNAVAILABLE: entry<{ driver: string; why: string }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `the driver '${d.driver}' cannot be used: ${d.why}`,
    hint: () => 'start the engine, or run without it: lam start --driver process',
  }),
} as const;
