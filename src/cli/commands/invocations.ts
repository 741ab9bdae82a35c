import { Args, Flags } from '@oclif/core';
import { ASYNC_STATES, isQueueName } from '../../contract/index.ts';
import { EXIT, lamError } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderInvocations } from '../render/invocations.ts';

export default class Invocations extends LamCommand {
  static override summary = 'List asynchronous invocations, newest first.';
  static override description =
    'Those that wait or run, and those that finished lately. Dead letters are among the failed ones: lam dlq list shows them alone.';
  static override args = { function: Args.string({ description: 'Name of the function; default: all functions.' }) };
  static override flags = {
    state: Flags.string({
      summary: 'Only those in this state.',
      options: ASYNC_STATES.map((state) => state.toLowerCase()),
    }),
    lines: Flags.integer({ char: 'n', summary: 'At most this many.', default: 20, min: 1, max: 1000, helpValue: 'N' }),
  };
  static override examples = [
    { description: 'The newest', command: '<%= config.bin %> invocations' },
    { description: 'Those of one function that wait', command: '<%= config.bin %> invocations hello --state pending' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Invocations);
    const { out, client } = this.context(flags);
    const name = args.function;
    if (name !== undefined && !isQueueName(name)) throw lamError('LAM_EDGE_BAD_NAME', { name });
    const state = ASYNC_STATES.find((one) => one.toLowerCase() === flags.state);
    const page = await (
      await client()
    ).invocations.list({
      limit: flags.lines,
      ...(name === undefined ? {} : { functionName: name }),
      ...(state === undefined ? {} : { state }),
    });
    const look = { color: out.color, width: out.width, now: Date.now() };
    out.result(page, () => renderInvocations(page.invocations, look));
    if (page.invocations.length === 0) out.note(emptyNote(name, flags.state));
    else if (page.next !== undefined)
      out.note(`there are more; see them with: --lines ${Math.min(1000, flags.lines * 5)}`);
    return EXIT.ok;
  }
}

function emptyNote(name: string | undefined, state: string | undefined): string {
  const kept = `${state === undefined ? '' : `${state} `}asynchronous invocations`;
  const what = name === undefined ? `no ${kept}` : `'${name}' has no ${kept}`;
  return state === undefined ? `${what}; start one: lam invoke ${name ?? 'FUNCTION'} --async` : what;
}
