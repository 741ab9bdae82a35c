import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG, TRIGGER_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { safe } from '../render/table.ts';
import { targetName } from '../services/target.ts';
import { fullName, namedTrigger } from '../services/triggers.ts';

export default class TriggerResume extends LamCommand {
  static override summary = 'Resume a paused trigger.';
  static override description = 'It goes on with what waits at its source.';
  static override args = { function: FUNCTION_ARG, trigger: TRIGGER_ARG };
  static override examples = [
    { description: 'The only trigger of a function', command: '<%= config.bin %> trigger resume orders' },
    { description: 'One of several', command: '<%= config.bin %> trigger resume orders rabbitmq:orders' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(TriggerResume);
    const { out, cwd, client } = this.context(flags);
    const name = await targetName(args.function, cwd, 'trigger resume');
    const daemon = await client();
    const trigger = await namedTrigger(daemon, name, { word: args.trigger, command: 'trigger resume' });
    await daemon.triggers.resume(trigger);
    const { functionName, type } = trigger;
    out.result(
      { functionName, type, name: trigger.name, paused: false },
      () => `resumed '${safe(fullName(trigger))}' of ${functionName}`,
    );
    return EXIT.ok;
  }
}
