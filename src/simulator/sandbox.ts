/** One sandbox of the simulated machine. */
export class SimulatedSandbox {
  readonly id: number;
  /** The function it serves. */
  readonly of: number;
  readonly memoryMiB: number;
  /** Whether it was prewarmed. */
  readonly isAhead: boolean;
  /** Time from which it can serve. */
  readonly readyAt: number;
  /** The request that it was started for, with early binding; -1 for none. */
  waiter = -1;
  /** Requests it serves now. */
  active = 0;
  idleSince = 0;
  /** Priority that its policy gave it when it became idle. */
  priority = 0;
  isUsed = false;
  /** Whether it is in the list of free ones. */
  isFree = false;
  isEnded = false;
  /** Always undefined: retired versions are not simulated. */
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
