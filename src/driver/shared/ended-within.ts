import type { Clock } from '../../kit/index.ts';

/** Resolves to true when `end` resolves, or to false after `ms`. */
export async function endedWithin(clock: Clock, ms: number, end: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const cancel = clock.after(ms, () => late.resolve(false));
  const hasEnded = await Promise.race([end.then(() => true), late.promise]);
  cancel();
  return hasEnded;
}
