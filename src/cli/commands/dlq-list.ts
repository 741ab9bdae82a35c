import { Args, Flags } from '@oclif/core';
import { isQueueName } from '../../contract/index.ts';
import { EXIT, lamError } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderInvocations } from '../render/invocations.ts';

export default class DlqList extends LamCommand {
  static override summary = 'List dead letters: events that failed for good.';
  static override description = 'They are kept, with their events, until they are run again or deleted, for two weeks.';
  static override args = { function: Args.string({ description: 'Name of the function; default: all functions.' }) };
  static override flags = {
    lines: Flags.integer({ char: 'n', summary: 'At most this many.', default: 20, min: 1, max: 1000, helpValue: 'N' }),
  };
  static override examples = [
    { description: 'All dead letters', command: '<%= config.bin %> dlq list' },
    { description: 'Those of one function', command: '<%= config.bin %> dlq list hello' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(DlqList);
    const { out, client } = this.context(flags);
    const name = args.function;
    if (name !== undefined && !isQueueName(name)) throw lamError('LAM_EDGE_BAD_NAME', { name });
    const query = { dead: true, limit: flags.lines, ...(name === undefined ? {} : { functionName: name }) };
    const page = await (await client()).invocations.list(query);
    const look = { color: out.color, width: out.width, now: Date.now() };
    out.result(page, () => renderInvocations(page.invocations, look));
    const which = name === undefined ? '--all' : `--function ${name}`;
    if (page.invocations.length === 0)
      out.note(name === undefined ? 'no dead letters' : `'${name}' has no dead letters`);
    else out.note(`run them again: lam dlq redrive ${which}; delete them: lam dlq purge ${which}`);
    return EXIT.ok;
  }
}
