/** A request to stop the daemon, by a signal or by {@link Stopping.stop}. */
export interface Stopping {
  /** Resolves when a stop is requested. */
  readonly stopped: Promise<void>;
  /** Requests the stop. */
  stop(): void;
}

/** Listens for SIGTERM and SIGINT. A second signal ends the process at once. */
export function waitForStop(): Stopping {
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
      asked = true;
      stop();
    });
  }
  return { stopped, stop };
}
