import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG, MESSAGE_FLAG, NO_VERIFY_FLAG, TRIGGER_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { given, targetName } from '../services/target.ts';
import { changeTrigger, declaredTrigger, fullName } from '../services/triggers.ts';

export default class TriggerDelete extends LamCommand {
  static override summary = 'End a trigger of a function.';
  static override description =
    'Batches that run go on and are acknowledged. What waits at the source stays there. Counts at once and takes precedence over lam.yaml, in later deploys too, until `lam config unset FUNCTION triggers` (routes and schedules: `routes`, `schedules`).';
  static override args = { function: FUNCTION_ARG, trigger: TRIGGER_ARG };
  static override flags = { message: MESSAGE_FLAG, 'no-verify': NO_VERIFY_FLAG };
  static override examples = [
    { description: 'The only trigger of a function', command: '<%= config.bin %> trigger delete orders' },
    { description: 'One of several', command: '<%= config.bin %> trigger delete orders rabbitmq:orders' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(TriggerDelete);
    const context = this.context(flags);
    const name = await targetName(args.function, context.cwd, 'trigger delete', given(args.trigger));
    const daemon = await context.client();
    const trigger = await declaredTrigger(daemon, name, { word: args.trigger, command: 'trigger delete' });
    const change = { remove: { triggers: [fullName(trigger)] } };
    await changeTrigger(context, { name, trigger, flags, change });
    return EXIT.ok;
  }
}
