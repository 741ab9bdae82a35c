import type { SandboxSpec, VacatedPlace } from '../sandbox.ts';

/** Returns the spec with the place that was promised for it, once it is known whether there is one. */
export async function withPlace(
  spec: SandboxSpec,
  promised: Promise<VacatedPlace | undefined> | undefined,
): Promise<SandboxSpec> {
  const place = await promised;
  return place === undefined ? spec : { ...spec, place };
}
