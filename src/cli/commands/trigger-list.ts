import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderTriggers } from '../render/triggers.ts';
import { targetName } from '../services/target.ts';
import { triggersOf } from '../services/triggers.ts';

export default class TriggerList extends LamCommand {
  static override summary = 'List triggers: queues, streams and all else that starts functions.';
  static override description =
    'Of one function, or of all. DONE and DEAD count messages since the daemon started the trigger; LAG are those that wait at the source. Routes are listed apart: lam route list.';
  static override args = { function: Args.string({ description: 'Name of the function; default: all functions.' }) };
  static override examples = [
    { description: 'All triggers', command: '<%= config.bin %> trigger list' },
    { description: 'Those of one function, as JSON', command: '<%= config.bin %> trigger list orders --json' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(TriggerList);
    const { out, cwd, client } = this.context(flags);
    const name = args.function === undefined ? undefined : await targetName(args.function, cwd, 'trigger list');
    const triggers = await triggersOf(await client(), name);
    out.result(triggers, () => (triggers.length === 0 ? '' : renderTriggers(triggers, Date.now(), out.width)));
    if (triggers.length === 0 && !out.json)
      out.note(
        `${name === undefined ? 'no function has' : `'${name}' has no`} triggers; add them to lam.yaml and deploy, or live: lam trigger add --help`,
      );
    return EXIT.ok;
  }
}
