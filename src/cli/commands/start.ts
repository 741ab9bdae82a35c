import { EXIT } from '../../errors/index.ts';
import { DAEMON_FLAGS, withDaemonFlags } from '../daemon-flags.ts';
import { LamCommand } from '../lam-command.ts';
import { renderGaps, renderStarted, renderStatus } from '../render/daemon.ts';
import { renderIgnored } from '../render/ignored-settings.ts';

export default class Start extends LamCommand {
  static override summary = 'Start the daemon in the background.';
  static override description =
    'Rarely needed: every command that needs a daemon starts one. Returns when requests are accepted; later output of the daemon goes to daemon.log in its home.';
  static override flags = DAEMON_FLAGS;
  static override examples = [
    { description: 'With the driver that fits this machine', command: '<%= config.bin %> start' },
    {
      description: 'On another port, without containers',
      command: '<%= config.bin %> start --port 9000 --driver process',
    },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(Start);
    const { out, connect, settings } = this.context(flags);
    const asked = withDaemonFlags(settings, flags);
    const { status, started } = await connect({ mayStart: true, settings: asked });
    out.result({ ...status, started }, () =>
      started ? renderStarted(status) : `already running\n${renderStatus(status, Date.now(), out.width)}`,
    );
    if (started && status.gaps.length > 0) out.note(renderGaps(status, out.noteWidth));
    const ignored = started ? '' : renderIgnored({ ...asked, host: flags.host }, status);
    if (ignored !== '') out.note(ignored);
    return EXIT.ok;
  }
}
