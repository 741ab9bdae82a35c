import type { Status } from '../../contract/index.ts';
import { EXIT } from '../../errors/index.ts';
import { DAEMON_FLAGS, withDaemonFlags } from '../daemon-flags.ts';
import type { DaemonSettings } from '../fast/daemon-settings.ts';
import { LamCommand } from '../lam-command.ts';
import { renderGaps, renderStarted } from '../render/daemon.ts';
import { stopDaemon } from '../services/stop-daemon.ts';

export default class Restart extends LamCommand {
  static override summary = 'Stop the daemon and start it again.';
  static override description =
    'Keeps the port, address and allowed hosts it had, unless flags say otherwise; adds those of --allow-host. Running invocations are finished first. Starts one where none ran.';
  static override flags = DAEMON_FLAGS;
  static override examples = [
    { description: 'After an update of lam', command: '<%= config.bin %> restart' },
    { description: 'With another driver', command: '<%= config.bin %> restart --driver docker' },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(Restart);
    const context = this.context(flags);
    const { out, connect, settings } = context;
    // Throws for a bad flag while the daemon still runs.
    withDaemonFlags(settings, flags);
    const before = await stopDaemon(context);
    const kept =
      before === undefined || settings.portExplicit ? settings : { ...settings, port: before.port, portExplicit: true };
    const asked = withDaemonFlags(before === undefined ? kept : { ...kept, ...keptOf(before) }, flags);
    const { status } = await connect({ mayStart: true, settings: asked });
    out.result(status, () => renderStarted(status));
    if (status.gaps.length > 0) out.note(renderGaps(status));
    return EXIT.ok;
  }
}

/** Settings of the previous daemon that the next one keeps. */
function keptOf({ host, allowedHosts }: Pick<Status, 'host' | 'allowedHosts'>): Partial<DaemonSettings> {
  return { host, ...(allowedHosts === undefined ? {} : { allowedHosts }) };
}
