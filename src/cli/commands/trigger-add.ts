import { Args, Flags } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { parseTrigger, TRIGGER_TYPES, typedName } from '../../project/index.ts';
import { MESSAGE_FLAG, NO_VERIFY_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { usageWith } from '../oclif-flags.ts';
import { quoted, targetName } from '../services/target.ts';
import { changeTrigger } from '../services/triggers.ts';

export default class TriggerAdd extends LamCommand {
  static override summary = 'Let a trigger start a function.';
  static override description =
    'The trigger is live at once, like what `lam config set` sets: the triggers of a function are then those set live, in later deploys too, until `lam config unset FUNCTION triggers` (routes and schedules: `routes`, `schedules`). Settings are those of lam.yaml, docs/triggers.md lists them; a list is a setting given several times, or JSON. Adding a trigger again replaces its settings.';
  static override strict = false;
  static override args = {
    type: Args.string({ description: `Type of the trigger: ${TRIGGER_TYPES.join(', ')}.`, required: true }),
    function: Args.string({
      description: 'Name of the function (default: the project in the current folder), then SETTING=VALUE.',
    }),
  };
  static override flags = {
    name: Flags.string({
      helpValue: 'NAME',
      summary: 'Name of the trigger; default: made from its settings, for instance the queue.',
    }),
    message: MESSAGE_FLAG,
    'no-verify': NO_VERIFY_FLAG,
  };
  static override usage = usageWith('trigger add TYPE [FUNCTION] SETTING=VALUE...', TriggerAdd.flags);
  static override examples = [
    {
      description: 'A queue',
      command:
        "<%= config.bin %> trigger add rabbitmq orders 'url=amqp://app:${PASSWORD}@localhost:5672' queue=orders batchSize=100",
    },
    {
      description: 'Only some of its messages',
      command:
        '<%= config.bin %> trigger add redis sales url=redis://localhost:6379 stream=sales \'filters={"data":{"item":["tea"]}}\'',
    },
    { description: 'A schedule', command: "<%= config.bin %> trigger add schedule report 'cron=0 3 * * *'" },
  ];

  override async run(): Promise<number> {
    const { argv, args, flags } = await this.parse(TriggerAdd);
    const words = (argv as string[]).slice(1);
    const isNamed = words.length > 0 && !words[0]?.includes('=');
    const pairs = isNamed ? words.slice(1) : words;
    if (pairs.length === 0 && words.length === 0)
      throw lamError('LAM_CLI_USAGE', { what: 'SETTING=VALUE is missing', command: 'trigger add' });
    const context = this.context(flags);
    const command = `trigger add ${quoted(args.type)}`;
    const name = await targetName(isNamed ? words[0] : undefined, context.cwd, command, pairs);
    const config = parseTrigger({ type: args.type, functionName: name, name: flags.name, pairs }, Date.now());
    const whole = typedName(config);
    await changeTrigger(context, {
      name,
      trigger: { type: config.type, name: whole.slice(config.type.length + 1) },
      flags,
      change: { add: { triggers: [config] } },
    });
    return EXIT.ok;
  }
}
