import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG, TRIGGER_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { renderTrigger } from '../render/triggers.ts';
import { targetName } from '../services/target.ts';
import { namedTrigger, withUrl } from '../services/triggers.ts';

export default class TriggerShow extends LamCommand {
  static override summary = 'Show a trigger: its state and why, what it has done, its settings.';
  static override description =
    'Counts are those since the daemon started the trigger: messages received, filtered out, refused (by webhooks), handled, failed attempts, retries and dead letters; running and held are those of now. Credentials are shown as the variables to which the settings refer.';
  static override args = { function: FUNCTION_ARG, trigger: TRIGGER_ARG };
  static override examples = [
    { description: 'The only trigger of a function', command: '<%= config.bin %> trigger show orders' },
    { description: 'One of several', command: '<%= config.bin %> trigger show orders rabbitmq:orders' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(TriggerShow);
    const { out, cwd, client } = this.context(flags);
    const name = await targetName(args.function, cwd, 'trigger show');
    const daemon = await client();
    const found = await namedTrigger(daemon, name, { word: args.trigger, command: 'trigger show' });
    const trigger = await withUrl(daemon, found);
    out.result(trigger, () => renderTrigger(trigger, Date.now(), out.width));
    return EXIT.ok;
  }
}
