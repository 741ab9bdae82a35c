import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { usageWith } from '../oclif-flags.ts';
import { plural } from '../render/format.ts';
import { confirm } from '../services/confirm.ts';
import { deadLettersOf } from '../services/dead-letters.ts';

export default class DlqPurge extends LamCommand {
  static override summary = 'Delete dead letters.';
  static override description = 'Asks first on a terminal, and says how many.';
  static override strict = false;
  static override args = { id: Args.string({ description: 'Ids of dead letters.' }) };
  static override flags = {
    function: Flags.string({ summary: 'All of this function.', helpValue: 'FUNCTION' }),
    all: Flags.boolean({ summary: 'All of all functions.' }),
    yes: Flags.boolean({ char: 'y', summary: 'Delete without asking.' }),
  };
  static override usage = usageWith('dlq purge [ID...]', DlqPurge.flags);
  static override examples = [
    { description: 'One', command: '<%= config.bin %> dlq purge 0190f3c2-...' },
    { description: 'All of a function', command: '<%= config.bin %> dlq purge --function hello' },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(DlqPurge);
    const { out, client } = this.context(flags);
    const words = {
      command: 'dlq purge' as const,
      ids: argv as string[],
      functionName: flags.function,
      all: flags.all,
    };
    const request = deadLettersOf(words);
    const daemon = await client();
    if (!flags.yes) {
      const { count } = await daemon.deadLetters.count(request);
      await confirm(out, `deleting ${plural(count, 'dead letter')} with their events`, '--yes');
    }
    const answer = await daemon.deadLetters.purge(request);
    out.result(answer, () => `deleted ${plural(answer.count, 'dead letter')}`);
    return EXIT.ok;
  }
}
