import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { eventsText } from '../render/invocations.ts';
import { triggerCounts, triggerCountsText } from '../render/triggers.ts';
import { renderGaps, renderOtherBuild, renderStatus } from '../render/daemon.ts';

export default class StatusCommand extends LamCommand {
  static override summary = 'Show whether the daemon runs, where, and with which driver.';
  static override description = 'Never starts a daemon; exits with 3 if none runs.';
  static override examples = [
    { description: 'For people', command: '<%= config.bin %> status' },
    { description: 'The port, for a script', command: '<%= config.bin %> status --json | jq .data.port' },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(StatusCommand);
    const { out, connect, installation } = this.context(flags);
    const { client, status } = await connect({ mayStart: false, anyVersion: true });
    // An older daemon, or a queue that cannot be used, is no reason to show nothing.
    const events = await client.invocations.counts().catch(() => ({}));
    const triggers = triggerCounts(await client.triggers.list().catch(() => []));
    out.result({ ...status, events, triggers }, () => {
      const more = { events: eventsText(Object.values(events)), triggers: triggerCountsText(triggers) };
      return renderStatus(status, Date.now(), out.width, more);
    });
    const rebuilt = renderOtherBuild(status, installation.build());
    if (rebuilt !== '') out.note(rebuilt);
    if (status.gaps.length > 0) out.note(renderGaps(status, out.noteWidth));
    return EXIT.ok;
  }
}
