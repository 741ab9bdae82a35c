/** Exists for the compiler alone. */
declare const brand: unique symbol;

/**
 * A `T` of one meaning: assignable to `T`, but no `T`, and no `T` of another name, is assignable to it. Has no cost at
 * run time. Values are made where they are validated, by the functions beside each brand; a cast elsewhere is a fault
 * (scripts/check-house.ts).
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
