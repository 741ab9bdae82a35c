import { Args } from '@oclif/core';
import { socketPath } from '../../contract/index.ts';
import { EXIT, lamError } from '../../errors/index.ts';
import { INVOKE_FLAGS } from '../fast/flag-table.ts';
import { invoke, printAnswer, verdict, type FastInvokeAnswer } from '../fast/invoke.ts';
import { LamCommand } from '../lam-command.ts';
import { oclifFlags } from '../oclif-flags.ts';
import { parseTime } from '../render/format.ts';
import { failureToError } from '../services/failure.ts';
import { targetFunction } from '../services/target.ts';

export default class Invoke extends LamCommand {
  static override summary = 'Invoke a function and print what it returns.';
  static override description =
    'Stdout carries the payload exactly as the function gave it, also when the function failed (exit 5) or timed out (exit 6); everything else goes to stderr. A streamed answer is printed as it arrives; one that fails in the middle leaves its error to stderr. ' +
    'Under --json, ok is false for both, and the error is in data.payload. Without an event: what is piped in, else {}.';
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
    { description: 'In the background, in ten minutes', command: '<%= config.bin %> invoke hello --async --in 10m' },
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
    const notBefore = startOf(flags, Date.now());
    const { out, cwd, home, client } = this.context(flags);
    const reference = await targetFunction(args.function, cwd, 'invoke');
    await client();
    process.once('SIGINT', () => process.exit(EXIT.interrupted));
    const outcome = await invoke({
      socketPath: socketPath(home),
      reference,
      flags: given(flags),
      ...(notBefore === undefined ? {} : { notBefore }),
    });
    if (outcome.kind === 'unread') return EXIT.ok;
    if (outcome.kind === 'answered') {
      if (!out.json) return printAnswer(outcome.answer, given(flags));
      if (flags.async === true) {
        out.result({ id: outcome.answer.requestId }, () => '');
        return EXIT.ok;
      }
      const { exit } = verdict(outcome.answer, given(flags), false);
      out.print(JSON.stringify({ ok: exit === EXIT.ok, data: asData(outcome.answer) }));
      return exit;
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

/**
 * When an asynchronous invocation is to start (milliseconds since the epoch), if the flags say so. Throws
 * `LAM_CLI_USAGE`.
 */
function startOf(
  flags: { readonly async?: boolean | undefined; readonly in?: string | undefined; readonly at?: string | undefined },
  now: number,
): number | undefined {
  const misuse = (what: string): never => {
    throw lamError('LAM_CLI_USAGE', { what, command: 'invoke' });
  };
  const given = flags.in === undefined ? flags.at : flags.in;
  if (given === undefined) return undefined;
  if (flags.async !== true) return misuse('--in and --at put off an asynchronous invocation: add --async');
  if (flags.in !== undefined && flags.at !== undefined) return misuse('give --in or --at, not both');
  const isSpan = /^[0-9.]+[a-z]+$/.test(given);
  const at = isSpan === (flags.in !== undefined) ? parseTime(given, now) : undefined;
  if (at === undefined)
    return flags.in === undefined
      ? misuse(`--at '${given}' is not a date, as in 2030-01-31T12:00:00Z`)
      : misuse(`--in '${given}' is not a time, as in 30s, 10m, 2h or 7d`);
  return isSpan ? now + (now - at) : at;
}

/** Drops flags that were not given. */
function given<T extends object>(flags: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** The answer under `--json`: the payload as JSON where it is JSON, else as text. */
function asData(answer: FastInvokeAnswer): Record<string, unknown> {
  const { payload, printedBytes: _bytes, ...rest } = answer;
  const text = payload.toString();
  try {
    return { ...rest, payload: JSON.parse(text) as unknown };
  } catch {
    return { ...rest, payload: text };
  }
}
