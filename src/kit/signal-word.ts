/** Go's names of signals, which are in AWS's messages. Source: Go's `syscall` package on Linux. */
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};

/** Returns what AWS's messages call a signal (`signal: killed`); Node's name where they have no other. */
export function signalWord(signal: string): string {
  return SIGNAL_WORDS[signal] ?? signal;
}
