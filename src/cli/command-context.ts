import { hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { connect, type Connection, type LamClient } from '../client/index.ts';
import { homeFrom } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { awsFromEnvironment } from './aws-settings.ts';
import { hostsOf, memoryOf } from './daemon-flags.ts';
import { daemonSettings, launchEnvironment, type DaemonSettings } from './fast/daemon-settings.ts';
import type { GLOBAL_FLAGS, FlagValues } from './fast/flag-table.ts';
import type { Installation } from './installation.ts';
import { Output } from './output.ts';
import { renderOtherBuild } from './render/daemon.ts';
import type { Env } from './fast/terminal.ts';

export type GlobalFlagValues = {
  readonly [K in keyof FlagValues<typeof GLOBAL_FLAGS>]?: FlagValues<typeof GLOBAL_FLAGS>[K] | undefined;
};

/** Context of a command, from the global flags and the environment. */
export interface CommandContext {
  readonly out: Output;
  readonly home: string;
  readonly cwd: string;
  readonly env: Env;
  readonly installation: Installation;
  /** `user@host`, for the history. */
  readonly by: string;
  readonly settings: DaemonSettings;
  /** Connects to the daemon; starts one if none runs, unless `--no-start` forbids it. */
  connect(options?: {
    readonly mayStart?: boolean;
    readonly anyVersion?: boolean;
    readonly settings?: DaemonSettings;
  }): Promise<Connection>;
  /** Like {@link CommandContext.connect}, but returns only the client. Notes on stderr that it started a daemon. */
  client(): Promise<LamClient>;
}

/** Makes the context of a command. Throws `LAM_CLI_BAD_PORT`, `LAM_CLI_BAD_MEMORY`, `LAM_CLI_BAD_HOST_NAME`, `LAM_CLI_BAD_AWS_SETTING`. */
export function commandContext(flags: GlobalFlagValues, installation: Installation, env: Env): CommandContext {
  const home = flags.home === undefined ? homeFrom(env) : resolve(flags.home);
  const { LAM_MEMORY: memory = '', LAM_ALLOWED_HOSTS: hosts = '' } = env;
  const settings: DaemonSettings = {
    ...daemonSettings(home, flags.port === undefined ? undefined : portOf(flags.port, env), env),
    ...(memory === '' ? {} : { memoryMiB: memoryOf(memory, 'LAM_MEMORY') }),
    ...(hosts === '' ? {} : { allowedHosts: hostsOf(hosts, 'LAM_ALLOWED_HOSTS') }),
    ...awsFromEnvironment(env),
  };
  let shownNote = '';
  const out = new Output({ json: flags.json === true, env });
  const context: CommandContext = {
    out,
    home,
    cwd: resolve(flags.cwd ?? '.'),
    env,
    installation,
    by: caller(env),
    settings,
    async connect(options = {}) {
      const mayStart = options.mayStart ?? flags['no-start'] !== true;
      const connection = await connect({
        home,
        version: installation.version,
        launch: mayStart
          ? {
              command: installation.daemonCommand,
              env: launchEnvironment({ settings: options.settings ?? settings }, env),
              note: (line) => out.note(line),
            }
          : null,
        ...(options.anyVersion === undefined ? {} : { anyVersion: options.anyVersion }),
      });
      const note = options.anyVersion === true ? '' : renderOtherBuild(connection.status, installation.build());
      // Commands may connect several times.
      if (note !== '' && note !== shownNote) out.note((shownNote = note));
      return connection;
    },
    async client() {
      const { client, status, started } = await context.connect();
      if (started) out.note(`started the daemon: ${status.url}, driver ${status.driver} (${status.driverReason})`);
      return client;
    },
  };
  return context;
}

function portOf(text: string, env: Env): number {
  const port = Number(text);
  if (/^[0-9]{1,5}$/.test(text) && port >= 0 && port <= 65_535) return port;
  throw lamError('LAM_CLI_BAD_PORT', { text, from: env['LAM_PORT'] === text ? 'LAM_PORT' : '--port' });
}

function caller(env: Env): string {
  let name = env['USER'];
  try {
    name = userInfo().username;
  } catch {
    // The user has no entry in the system's user database.
  }
  return `${name ?? 'unknown'}@${hostname()}`;
}
