import { Args } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { INVOKE_FLAGS } from '../fast/flag-table.ts';
import { invoke, printAnswer, verdict, type FastInvokeAnswer } from '../fast/invoke.ts';
import { LamCommand } from '../lam-command.ts';
import { oclifFlags } from '../oclif-flags.ts';
import { failureToError } from '../services/failure.ts';
import { targetFunction } from '../services/target.ts';

export default class Invoke extends LamCommand {
  static override summary = 'Invoke a function and print what it returns.';
  static override description =
    'Stdout carries the payload exactly as the function gave it, also when the function failed (exit 5) or timed out (exit 6); everything else goes to stderr. ' +
    'Without an event: what is piped in, else {}.';
  static override aliases = ['call'];
  static override args = {
    function: Args.string({
      description: 'FUNCTION, FUNCTION@VERSION or FUNCTION:ALIAS; default: the project in the current folder.',
    }),
  };
  static override flags = oclifFlags(INVOKE_FLAGS);
  static override examples = [
    { description: 'With an event', command: `<%= config.bin %> invoke hello --data '{"name":"Ada"}'` },
    {
      description: 'With an event from a file, at version 2',
      command: '<%= config.bin %> invoke hello@2 --event event.json',
    },
    { description: 'With an event from a pipe', command: `echo '{"name":"Ada"}' | <%= config.bin %> invoke hello` },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Invoke);
    if (flags.data !== undefined && flags.event !== undefined) {
      throw lamError('LAM_CLI_USAGE', {
        what: '--data and --event both give the event: give one of them',
        command: 'invoke',
      });
    }
    const { out, cwd, client } = this.context(flags);
    const reference = await targetFunction(args.function, cwd, 'invoke');
    const { socketPath } = await client();
    process.once('SIGINT', () => process.exit(EXIT.interrupted));
    const outcome = await invoke({ socketPath, reference, flags: given(flags) });
    if (outcome.kind === 'answered') {
      if (!out.json) return printAnswer(outcome.answer, given(flags));
      out.result(asData(outcome.answer), () => '');
      return verdict(outcome.answer, given(flags)).exit;
    }
    const error = failureToError(
      outcome.kind === 'no-daemon' ? { kind: 'lost', what: 'it stopped listening' } : outcome,
    );
    if (error.exitCode === EXIT.throttled && flags['no-fail'] === true) {
      out.note(`Error: ${error.message}`);
      return EXIT.ok;
    }
    throw error;
  }
}

/** Drops flags that were not given. */
function given<T extends object>(flags: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** The answer under `--json`: the payload as JSON where it is JSON, else as text. */
function asData(answer: FastInvokeAnswer): Record<string, unknown> {
  const { payload, ...rest } = answer;
  const text = payload.toString();
  try {
    return { ...rest, payload: JSON.parse(text) as unknown };
  } catch {
    return { ...rest, payload: text };
  }
}
