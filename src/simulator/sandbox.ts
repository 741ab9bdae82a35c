/** One sandbox of the simulated machine. */
export class SimulatedSandbox {
  readonly id: number;
  /** The function it serves. */
  readonly of: number;
  readonly memoryMiB: number;
  /** It was started before it was asked for. */
  readonly isAhead: boolean;
  /** When it can serve. */
  readonly readyAt: number;
  /** The request that waits for it in particular; -1: none. */
  waiter = -1;
  /** Requests it serves now. */
  active = 0;
  idleSince = 0;
  /** What it is worth to keep, as its policy said when it came to rest. */
  priority = 0;
  isUsed = false;
  /** Among those that wait for requests. */
  isFree = false;
  isEnded = false;
  /** Of no deleted version: those are not simulated. */
  readonly retiredSince = undefined;

  constructor(
    id: number,
    readyAt: number,
    isAhead: boolean,
    { of, memoryMiB }: Pick<SimulatedSandbox, 'of' | 'memoryMiB'>,
  ) {
    this.id = id;
    this.of = of;
    this.memoryMiB = memoryMiB;
    this.readyAt = readyAt;
    this.isAhead = isAhead;
  }
}
