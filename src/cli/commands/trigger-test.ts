import { Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG, TRIGGER_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { safe } from '../render/table.ts';
import { given, targetName } from '../services/target.ts';
import { eventIn, fullName, namedTrigger } from '../services/triggers.ts';

export default class TriggerTest extends LamCommand {
  static override summary = 'Send an event through a trigger to its function.';
  static override description =
    "A sample in the shape of the trigger's events, or the event of a file, goes through the filters to the live version, also while the trigger is paused. The source is not asked and nothing is acknowledged. Prints what the function returns; exits with 5 if it failed.";
  static override args = { function: FUNCTION_ARG, trigger: TRIGGER_ARG };
  static override flags = {
    event: Flags.string({
      char: 'e',
      helpValue: 'FILE',
      summary: "Event as JSON, in the shape of the trigger's events; - for standard input.",
    }),
  };
  static override examples = [
    { description: 'The only trigger of a function, with a sample', command: '<%= config.bin %> trigger test orders' },
    {
      description: 'What the function is given, and what it answers',
      command: '<%= config.bin %> trigger test orders rabbitmq:orders --json',
    },
    {
      description: 'With an event of your own',
      command: '<%= config.bin %> trigger test orders rabbitmq:orders --event event.json',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(TriggerTest);
    const { out, cwd, client } = this.context(flags);
    const event = flags.event === undefined ? undefined : eventIn(flags.event, cwd);
    const name = await targetName(args.function, cwd, 'trigger test', given(args.trigger));
    const daemon = await client();
    const trigger = await namedTrigger(daemon, name, { word: args.trigger, command: 'trigger test' });
    const test = await daemon.triggers.test(trigger, event);
    const whole = safe(fullName(trigger));
    out.result(test, () =>
      test.outcome === 'filtered' ? `filtered: no filter of '${whole}' lets it pass` : JSON.stringify(test.payload),
    );
    if (test.outcome !== 'filtered' && test.filtered > 0)
      out.note(`records that no filter of '${whole}' lets pass: ${test.filtered}`);
    if (test.outcome === 'function-error')
      out.note(`the function failed; see its log: lam logs ${name} --request-id ${test.requestId ?? ''}`);
    return test.outcome === 'function-error' ? EXIT.functionError : EXIT.ok;
  }
}
