/** Kinds of events. An event is the index of its sandbox or function times {@link KINDS}, plus its kind. */
export const FINISH = 0;
export const READY = 1;
export const RECONCILE = 2;
export const AGE = 3;
export const TICK = 4;
export const REFILL = 5;
export const STEM_BOOTED = 6;
export const KINDS = 8;
