import { closedHome, makeHome } from '../../contract/index.ts';
import { DAEMON_FLAGS, withDaemonFlags } from '../daemon-flags.ts';
import { LamCommand } from '../lam-command.ts';
import { renderGaps, renderStarted } from '../render/daemon.ts';

export default class Serve extends LamCommand {
  static override summary = 'Run the daemon in the foreground.';
  static override description =
    'For containers, supervisors and debugging: the log of the daemon goes to stderr; SIGINT and SIGTERM drain and stop it.';
  static override flags = DAEMON_FLAGS;
  static override examples = [
    { description: 'In this terminal', command: '<%= config.bin %> serve' },
    {
      description: 'For other machines',
      command: 'LAM_TOKEN=secret <%= config.bin %> serve --host 0.0.0.0 --port 8080',
    },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(Serve);
    const { out, settings, installation } = this.context(flags);
    const wasOpen = makeHome(settings.home);
    if (wasOpen !== undefined) out.note(closedHome(settings.home, wasOpen));
    return installation.loadDaemon().runDaemon({
      ...withDaemonFlags(settings, flags),
      foreground: true,
      assets: installation.assets(settings.home),
      version: installation.version,
      build: installation.build(),
      nodeCommand: installation.nodeCommand(settings.home),
      onReady: (status) => {
        out.result(status, () => renderStarted(status));
        if (status.gaps.length > 0) out.note(renderGaps(status, out.noteWidth));
      },
    });
  }
}
