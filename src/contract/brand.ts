/** Exists for the compiler alone. */
declare const brand: unique symbol;

/**
 * A branded `T`: assignable to `T`, but neither a plain `T` nor one of another brand is assignable to it. No cost at
 * run time. Values are made where they are validated, by the functions beside each brand; a cast elsewhere is a fault
 * (scripts/check-house.ts).
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
