/** One side of a comparison: takes the sample of one round. */
export interface Side<T> {
  readonly name: string;
  readonly take: () => Promise<T>;
}

/**
 * Takes one sample of each side per round, rotating which side begins, so that drift of the machine affects all alike.
 * Returns the samples by side, without those of the `warmUp` rounds.
 */
export async function interleave<T>(
  sides: readonly Side<T>[],
  { rounds, warmUp = 1 }: { readonly rounds: number; readonly warmUp?: number },
): Promise<ReadonlyMap<string, T[]>> {
  const samples = new Map<string, T[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < warmUp + rounds; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const side = sides[(turn + round) % sides.length];
      if (side === undefined) continue;
      const sample = await side.take();
      if (round >= warmUp) samples.get(side.name)?.push(sample);
    }
  }
  return samples;
}
