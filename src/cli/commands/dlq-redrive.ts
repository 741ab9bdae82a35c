import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { usageWith } from '../oclif-flags.ts';
import { plural } from '../render/format.ts';

import { deadLettersOf } from '../services/dead-letters.ts';

export default class DlqRedrive extends LamCommand {
  static override summary = 'Run dead letters again.';
  static override description = 'Each under its own id, with new attempts and a new greatest age.';
  static override strict = false;
  static override args = { id: Args.string({ description: 'Ids of dead letters.' }) };
  static override flags = {
    function: Flags.string({ summary: 'All of this function.', helpValue: 'FUNCTION' }),
    all: Flags.boolean({ summary: 'All of all functions.' }),
  };
  static override usage = usageWith('dlq redrive [ID...]', DlqRedrive.flags);
  static override examples = [
    { description: 'One', command: '<%= config.bin %> dlq redrive 0190f3c2-...' },
    { description: 'All of a function', command: '<%= config.bin %> dlq redrive --function hello' },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(DlqRedrive);
    const { out, client } = this.context(flags);
    const words = {
      command: 'dlq redrive' as const,
      ids: argv as string[],
      functionName: flags.function,
      all: flags.all,
    };
    const request = deadLettersOf(words);

    const answer = await (await client()).deadLetters.redrive(request);
    out.result(answer, () => `queued again: ${plural(answer.count, 'dead letter')}`);
    return EXIT.ok;
  }
}
