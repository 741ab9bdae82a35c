/** Result of a closed loop of wrk. */
export interface WrkReport {
  readonly perSecond: number;
  /** Answers other than 2xx and 3xx, and failures of sockets. */
  readonly errors: number;
}

/** Parses the output of wrk. `perSecond` is NaN if absent. Pure. */
export function parseWrk(out: string): WrkReport {
  const perSecond = Number(/^Requests\/sec: +([\d.]+)/m.exec(out)?.[1] ?? Number.NaN);
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? 0);
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(out)?.slice(1) ?? [];
  return { perSecond, errors: refused + sockets.reduce((sum, n) => sum + Number(n), 0) };
}
