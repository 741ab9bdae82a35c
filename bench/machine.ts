import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

/** Load average before the run above which the machine counts as busy. */
const BUSY_LOAD = 0.5;
/** Stolen time above which figures are doubted (percent). */
const STOLEN_PERCENT = 2;

/** Processor time of all cores since boot, in ticks. */
export interface CpuTicks {
  readonly total: number;
  readonly stolen: number;
}

/** The machine of the measurements. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly platform: string;
  readonly loadBefore: number;
  readonly loadAfter: number;
  /** Share of processor time that the host gave to others during the run, percent; null where that is not known. */
  readonly stolenPercent: number | null;
}

/** The first line of /proc/stat. Undefined for anything else. Pure. */
export function parseTicks(stat: string): CpuTicks | undefined {
  const fields = /^cpu +([\d ]+)$/m.exec(stat)?.[1]?.split(' ').map(Number);
  if (fields === undefined) return undefined;
  // Guest time, the ninth and tenth, is part of user time already.
  return { total: fields.slice(0, 8).reduce((sum, n) => sum + n, 0), stolen: fields[7] ?? 0 };
}

/** Percent of the time between two readings that was stolen. Pure. */
export function stolenPercent(before: CpuTicks, after: CpuTicks): number {
  const total = after.total - before.total;
  return total <= 0 ? 0 : ((after.stolen - before.stolen) * 100) / total;
}

function readTicks(): CpuTicks | undefined {
  try {
    return parseTicks(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return undefined;
  }
}

/** Begins to watch the machine; the returned function reports its state during the run. */
export function watchMachine(): () => Machine {
  const ticks = readTicks();
  const loadBefore = loadavg()[0] ?? 0;
  return () => {
    const now = readTicks();
    return {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      loadBefore,
      loadAfter: loadavg()[0] ?? 0,
      stolenPercent: ticks === undefined || now === undefined ? null : stolenPercent(ticks, now),
    };
  };
}

/** Reasons to doubt the figures of this run, a sentence each. Pure. */
export function warnings(machine: Pick<Machine, 'loadBefore' | 'stolenPercent'>): readonly string[] {
  const found: string[] = [];
  if (machine.loadBefore > BUSY_LOAD) {
    found.push(
      `the machine was busy before the run (load ${machine.loadBefore.toFixed(2)}): read ratios, not absolute times`,
    );
  }
  if (machine.stolenPercent !== null && machine.stolenPercent > STOLEN_PERCENT) {
    found.push(`the host gave ${machine.stolenPercent.toFixed(1)} % of the processor to others during the run`);
  }
  return found;
}
