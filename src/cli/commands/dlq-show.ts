import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderDeadLetter } from '../render/invocations.ts';

export default class DlqShow extends LamCommand {
  static override summary = 'Show a dead letter with its event and last error.';
  static override description =
    'The event is printed as it was accepted, so that it can be corrected and sent again with lam invoke.';
  static override args = { id: Args.string({ description: 'Id of the invocation.', required: true }) };
  static override examples = [
    { description: 'One dead letter', command: '<%= config.bin %> dlq show 0190f3c2-...' },
    { description: 'Its event as JSON', command: '<%= config.bin %> dlq show 0190f3c2-... --json | jq -r .data.event' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(DlqShow);
    const { out, client } = this.context(flags);
    const daemon = await client();
    const result = await daemon.invocations.get(args.id);
    const { event } = await daemon.invocations.event(args.id);
    const look = { color: out.color, width: out.width, now: Date.now() };
    out.result({ ...result, event }, () => renderDeadLetter(result, event, look));
    if (result.dead === undefined) out.note(`it is not a dead letter: ${result.state}`);
    return EXIT.ok;
  }
}
