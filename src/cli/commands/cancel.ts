import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';

export default class Cancel extends LamCommand {
  static override summary = 'Cancel an asynchronous invocation.';
  static override description =
    'One that waits never runs. A handler that has begun runs to its end; its result is dropped, and it is not retried.';
  static override args = { id: Args.string({ description: 'Id of the invocation.', required: true }) };
  static override examples = [
    { description: 'Cancel one', command: '<%= config.bin %> cancel 0190f3c2-...' },
    { description: 'See which could be', command: '<%= config.bin %> invocations --state pending' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Cancel);
    const { out, client } = this.context(flags);
    const before = await (await client()).invocations.cancel(args.id);
    const note = before.state === 'RUNNING' ? '; its handler runs to the end' : '';
    out.result(before, () => `cancelled ${before.id}${note}`);
    return EXIT.ok;
  }
}
