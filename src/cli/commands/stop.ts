import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { stopDaemon } from '../services/stop-daemon.ts';

export default class Stop extends LamCommand {
  static override summary = 'Stop the daemon.';
  static override description =
    'Waits for running invocations. Deployed versions and logs are kept. It is not an error if no daemon runs.';
  static override examples = [
    { description: 'Stop it', command: '<%= config.bin %> stop' },
    { description: 'That of another home', command: '<%= config.bin %> stop --home /srv/lam' },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(Stop);
    const context = this.context(flags);
    const stopped = await stopDaemon(context);
    context.out.result(stopped === undefined ? { stopped: false } : { stopped: true, pid: stopped.pid }, () =>
      stopped === undefined ? `no daemon is running for '${context.home}'` : `stopped (process ${stopped.pid})`,
    );
    return EXIT.ok;
  }
}
