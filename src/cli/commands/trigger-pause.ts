import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG, TRIGGER_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { safe } from '../render/table.ts';
import { targetName } from '../services/target.ts';
import { fullName, namedTrigger } from '../services/triggers.ts';

export default class TriggerPause extends LamCommand {
  static override summary = 'Pause a trigger.';
  static override description =
    'It takes nothing from its source until it is resumed, also after a restart of the daemon and for later versions that have it. Batches that run go on and are acknowledged; what has not begun is returned.';
  static override args = { function: FUNCTION_ARG, trigger: TRIGGER_ARG };
  static override examples = [
    { description: 'The only trigger of a function', command: '<%= config.bin %> trigger pause orders' },
    { description: 'One of several', command: '<%= config.bin %> trigger pause orders rabbitmq:orders' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(TriggerPause);
    const { out, cwd, client } = this.context(flags);
    const name = await targetName(args.function, cwd, 'trigger pause');
    const daemon = await client();
    const trigger = await namedTrigger(daemon, name, { word: args.trigger, command: 'trigger pause' });
    await daemon.triggers.pause(trigger);
    const { functionName, type } = trigger;
    out.result(
      { functionName, type, name: trigger.name, paused: true },
      () => `paused '${safe(fullName(trigger))}' of ${functionName}`,
    );
    return EXIT.ok;
  }
}
