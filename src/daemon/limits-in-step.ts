import type { Limits } from '../limits/index.ts';
import { FUNCTION_LIMITS } from '../registry/index.ts';
import type { Catalogue } from '../store/index.ts';

/** Applies the limits of all functions, and each change of them as soon as it is durable. */
export function keepLimitsInStep(catalogue: Catalogue, limits: Pick<Limits, 'set'>): void {
  const { view } = catalogue;
  for (const name of view.names()) {
    const fact = view.fact(name, FUNCTION_LIMITS);
    if (fact !== undefined) limits.set(name, fact);
  }
  catalogue.watch(({ after, names }) => {
    for (const name of names) limits.set(name, after.fact(name, FUNCTION_LIMITS));
  });
}
