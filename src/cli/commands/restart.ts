import { rehearseStart } from '../../client/index.ts';
import type { Status } from '../../contract/index.ts';
import { EXIT } from '../../errors/index.ts';
import type { CommandContext } from '../command-context.ts';
import { withAws } from '../aws-settings.ts';
import { DAEMON_FLAGS, withDaemonFlags } from '../daemon-flags.ts';
import { launchEnvironment, type DaemonSettings } from '../fast/daemon-settings.ts';
import { LamCommand } from '../lam-command.ts';
import { renderGaps, renderStarted } from '../render/daemon.ts';
import { runningDaemon, stopDaemon } from '../services/stop-daemon.ts';

export default class Restart extends LamCommand {
  static override summary = 'Stop the daemon and start it again.';
  static override description =
    'Keeps the port, driver, memory, address, allowed hosts, access log, ports of other APIs and AWS account, region and endpoints it had, unless flags say otherwise; adds those of --allow-host. First checks that a daemon could start with these settings, else leaves the present one as it is. Running invocations are finished first. Starts one where none ran.';
  static override flags = DAEMON_FLAGS;
  static override examples = [
    { description: 'After an update of lam', command: '<%= config.bin %> restart' },
    { description: 'With another driver', command: '<%= config.bin %> restart --driver docker' },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(Restart);
    const context = this.context(flags);
    const { out, connect, settings } = context;
    const before = (await runningDaemon(context))?.status;
    const kept =
      before === undefined || settings.portExplicit ? settings : { ...settings, port: before.port, portExplicit: true };
    const asked = withDaemonFlags(
      before === undefined ? kept : { ...kept, ...keptOf(before, kept), ...withAws(before.aws, kept.aws) },
      flags,
    );
    if (before !== undefined) await rehearse(context, asked, before);
    await stopDaemon(context);
    const { status } = await connect({ mayStart: true, settings: asked });
    out.result(status, () => renderStarted(status));
    if (status.gaps.length > 0) out.note(renderGaps(status, out.noteWidth));
    return EXIT.ok;
  }
}

/** Throws what would keep the next daemon from starting, while the present one still runs. */
async function rehearse(
  { home, env, installation, out }: CommandContext,
  settings: DaemonSettings,
  { pid, port }: Status,
): Promise<void> {
  const task = { settings, rehearseFor: { pid, port } };
  try {
    await rehearseStart({ home, command: installation.daemonCommand, env: launchEnvironment(task, env) });
  } catch (error) {
    out.note(`the daemon was not stopped (process ${pid}), because another one could not start:`);
    throw error;
  }
}

/** Settings of the previous daemon that the next one keeps. */
function keptOf(
  {
    host,
    allowedHosts,
    accessLog,
    glambdar,
    miniLambda,
    asked = {},
  }: Pick<Status, 'host' | 'allowedHosts' | 'accessLog' | 'glambdar' | 'miniLambda' | 'asked'>,
  { driver, memoryMiB = asked.memoryMiB }: DaemonSettings,
): Partial<DaemonSettings> {
  return {
    host,
    driver: driver === 'auto' ? (asked.driver ?? driver) : driver,
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
    ...(accessLog === undefined ? {} : { accessLog }),
    ...(glambdar === undefined ? {} : { glambdar }),
    ...(miniLambda === undefined ? {} : { miniLambda }),
  };
}
