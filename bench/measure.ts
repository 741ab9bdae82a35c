import { bootstrapInterval, median } from './stats.ts';

/** One thing measured against its floor, in interleaved rounds. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Median of each side, in `unit`. */
  readonly lam: number;
  readonly floor: number;
  readonly floorName: string;
  /** Median of the per-round ratios lam/floor, and its 95 % bootstrap interval. */
  readonly ratio: number;
  readonly interval: readonly [number, number];
  /** `<=`: the ratio must stay below; `>=`: above. */
  readonly gate: { readonly sense: '<=' | '>='; readonly value: number };
  readonly holds: boolean;
  readonly rounds: number;
}

export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly floorName: string;
  readonly gate: Row['gate'];
  readonly rounds: number;
  /** Rounds thrown away first. */
  readonly warmUp?: number;
  readonly lam: () => Promise<number>;
  readonly floor: () => Promise<number>;
}

/** Runs both sides in turn, changing who goes first, and compares round by round. */
export async function measure(m: Measurement): Promise<Row> {
  const lam: number[] = [];
  const floor: number[] = [];
  const warmUp = m.warmUp ?? 1;
  for (let round = -warmUp; round < m.rounds; round++) {
    const lamFirst = round % 2 === 0;
    const first = await (lamFirst ? m.lam : m.floor)();
    const second = await (lamFirst ? m.floor : m.lam)();
    if (round < 0) continue;
    lam.push(lamFirst ? first : second);
    floor.push(lamFirst ? second : first);
  }
  const ratios = lam.map((value, i) => value / (floor[i] ?? Number.NaN));
  const ratio = median(ratios);
  return {
    name: m.name,
    unit: m.unit,
    lam: median(lam),
    floor: median(floor),
    floorName: m.floorName,
    ratio,
    interval: bootstrapInterval(ratios),
    gate: m.gate,
    holds: m.gate.sense === '<=' ? ratio <= m.gate.value : ratio >= m.gate.value,
    rounds: m.rounds,
  };
}
