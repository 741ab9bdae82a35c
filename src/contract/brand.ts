/** Exists for the compiler alone. */
declare const brand: unique symbol;

/**
 * A branded `T`: assignable to `T`, but neither a plain `T` nor one of another brand is assignable to it. No cost at
 * run time. Values are made where they are validated, by the functions beside each brand; a cast elsewhere is a fault
 * (scripts/check-house.ts).
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A `T` without brands, as callers outside lam write it. */
export type Plain<T> = T extends { readonly [brand]: string }
  ? T extends string
    ? string
    : number
  : T extends readonly (infer U)[]
    ? readonly Plain<U>[]
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T;
