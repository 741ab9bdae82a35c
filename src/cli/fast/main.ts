import type { Installation } from '../installation.ts';
import { EXIT } from '../../errors/kinds.ts';
import { runDaemonProcess } from './daemon-process.ts';
import { invoke, planInvoke, printAnswer } from './invoke.ts';
import { planLogs, showLogs } from './logs.ts';
import { writeAll } from './write.ts';

/**
 * Entry of every `lam` process: runs `--version` and the common forms of `invoke` and `logs` itself, and loads the full
 * program for everything else. Resolves with the exit code.
 */
export async function main(argv: readonly string[], installation: Installation): Promise<number> {
  const [first = ''] = argv;
  if (argv.length === 1 && (first === '--version' || first === '-v' || first === 'version')) {
    writeAll(1, `lam ${installation.version} (node ${process.versions.node}, ${process.platform}-${process.arch})\n`);
    return EXIT.ok;
  }
  if (first === '__daemon') return runDaemonProcess(installation);
  if (first === 'invoke' || first === 'call') {
    const exit = await guarded(installation, () => fastInvoke(argv.slice(1), installation));
    if (exit !== undefined) return exit;
  }
  if (first === 'logs' || first === 'tail') {
    const exit = await guarded(installation, () => fastLogs(argv.slice(1), installation));
    if (exit !== undefined) return exit;
  }
  return installation.loadApp().runApp(argv, installation);
}

/** Runs a command of the fast path; anything thrown, also by a listener, is reported like any other failure. */
async function guarded(
  installation: Installation,
  run: () => Promise<number | undefined>,
): Promise<number | undefined> {
  const crash = (thrown: unknown): number => installation.loadApp().reportFailure({ kind: 'crashed', thrown }, false);
  const crashInListener = (thrown: unknown): void => process.exit(crash(thrown));
  process.on('uncaughtException', crashInListener);
  try {
    return await run();
  } catch (thrown) {
    return crash(thrown);
  } finally {
    process.off('uncaughtException', crashInListener);
  }
}

/** Resolves with the exit code, or undefined for a command line that needs the full program. */
async function fastInvoke(argv: readonly string[], installation: Installation): Promise<number | undefined> {
  const plan = planInvoke(argv, process.env);
  if (plan === undefined) return undefined;
  process.once('SIGINT', () => process.exit(EXIT.interrupted));
  const outcome = await invoke(plan);
  if (outcome.kind === 'no-daemon') return undefined;
  if (outcome.kind === 'unread') return EXIT.ok;
  if (outcome.kind === 'answered') return printAnswer(outcome.answer, plan.flags);
  const exit = installation.loadApp().reportFailure(outcome, false);
  return exit === EXIT.throttled && plan.flags['no-fail'] === true ? EXIT.ok : exit;
}

/** Resolves with the exit code, or undefined for a command line that needs the full program. */
async function fastLogs(argv: readonly string[], installation: Installation): Promise<number | undefined> {
  const plan = planLogs(argv, process.env, Date.now());
  if (plan === undefined) return undefined;
  const interrupt = (): void => process.exit(EXIT.interrupted);
  process.once('SIGINT', interrupt);
  const outcome = await showLogs(plan, installation.version);
  process.off('SIGINT', interrupt);
  return typeof outcome === 'object' ? installation.loadApp().reportFailure(outcome, plan.look.quiet) : outcome;
}
