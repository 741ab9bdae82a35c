import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { versionOf } from '../services/target.ts';

export default class Retry extends LamCommand {
  static override summary = 'Run the event of a finished asynchronous invocation again.';
  static override description =
    'Prints the id of the invocation: a new one, or that of a dead letter, which is run again under its own.';
  static override args = { id: Args.string({ description: 'Id of the invocation.', required: true }) };
  static override flags = {
    version: Flags.string({ summary: 'Run it at this version of the function.', helpValue: 'N' }),
  };
  static override examples = [
    { description: 'Again', command: '<%= config.bin %> retry 0190f3c2-...' },
    { description: 'At version 3', command: '<%= config.bin %> retry 0190f3c2-... --version 3' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Retry);
    const { out, client } = this.context(flags);
    const request = flags.version === undefined ? {} : { version: versionOf(flags.version) };
    const answer = await (await client()).invocations.retry(args.id, request);
    out.result(answer, () => answer.id);
    return EXIT.ok;
  }
}
