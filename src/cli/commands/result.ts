import { Args, Flags } from '@oclif/core';
import type { AsyncResult } from '../../contract/index.ts';
import { EXIT, lamError, printable } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import type { Output } from '../output.ts';
import { awaitResult } from '../services/await-result.ts';

export default class Result extends LamCommand {
  static override summary = 'Print the result of an asynchronous invocation.';
  static override description =
    'Stdout carries the payload, as with lam invoke, also when the function failed (exit 5) or timed out (exit 6). Exit 1 while it has not finished, unless --wait is given.';
  static override args = { id: Args.string({ description: 'Id that lam invoke --async printed.', required: true }) };
  static override flags = {
    wait: Flags.boolean({ char: 'w', summary: 'Wait until it has finished, also through restarts of the daemon.' }),
    logs: Flags.boolean({ summary: 'Print the end of its log on stderr.' }),
  };
  static override examples = [
    { description: 'The result, if there is one', command: '<%= config.bin %> result 0190f3c2-...' },
    {
      description: 'Start in the background and wait',
      command: '<%= config.bin %> result --wait $(<%= config.bin %> invoke hello --async)',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Result);
    const { out, client } = this.context(flags);
    process.once('SIGINT', () => process.exit(EXIT.interrupted));
    const daemon = await client();
    const away = (): void => out.note('the daemon went away; waiting for the next (start it: lam start)');
    const result = await (flags.wait ? awaitResult(daemon, args.id, away) : daemon.invocations.get(args.id));
    const { id, state } = result;
    if (state === 'PENDING' || state === 'RUNNING') throw lamError('LAM_OPERATIONS_INVOCATION_PENDING', { id, state });
    if (state === 'CANCELLED') throw lamError('LAM_OPERATIONS_INVOCATION_CANCELLED', { id });
    const exit = exitOf(result);
    if (out.json) out.print(JSON.stringify({ ok: exit === EXIT.ok, data: result }));
    else show(out, result, flags.logs);
    return exit;
  }
}

function exitOf({ state, history }: AsyncResult): number {
  if (state === 'COMPLETED') return EXIT.ok;
  return history.at(-1)?.status === 'timeout' ? EXIT.functionTimeout : EXIT.functionError;
}

function show(out: Output, { state, payload, isTruncated, history, dead, log }: AsyncResult, withLog: boolean): void {
  if (withLog && log !== undefined) out.note(printable(log).trimEnd());
  if (payload !== undefined) out.print(payload);
  if (isTruncated === true) out.note('only the beginning of the result was kept');
  if (state !== 'FAILED') return;
  const errorType = history.at(-1)?.errorType;
  out.note(
    `the invocation failed${errorType === undefined ? '' : `: ${printable(errorType)}`}${dead === undefined ? '' : ` (${dead})`}`,
  );
}
