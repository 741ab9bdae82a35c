import { Flags, type Interfaces } from '@oclif/core';
import type { FlagSpec, FlagTable } from './fast/flag-table.ts';

/** The oclif flags of a table: one source for the fast path and the full program. */
export type OclifFlags<T extends FlagTable> = {
  [K in keyof T]: T[K]['type'] extends 'boolean' ? Interfaces.BooleanFlag<boolean | undefined> : Interfaces.OptionFlag<string | undefined>;
};

export function oclifFlags<T extends FlagTable>(table: T): OclifFlags<T> {
  return Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, flagOf(spec)])) as unknown as OclifFlags<T>;
}

function flagOf(spec: FlagSpec): object {
  const common = {
    summary: spec.summary,
    ...(spec.char === undefined ? {} : { char: spec.char as 'a' }),
    ...(spec.env === undefined ? {} : { env: spec.env }),
    ...(spec.group === undefined ? {} : { helpGroup: spec.group }),
  };
  if (spec.type === 'boolean') return Flags.boolean({ ...common, ...(spec.allowNo === true ? { allowNo: true } : {}) });
  return Flags.string({ ...common, ...(spec.value === undefined ? {} : { helpValue: spec.value }) });
}
