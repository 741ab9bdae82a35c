import { Flags, type Interfaces } from '@oclif/core';
import type { FlagSpec, FlagTable, ValueOf } from './fast/flag-table.ts';

/** The oclif flags of a table: one source for the fast path and the full program. */
export type OclifFlags<T extends FlagTable> = {
  [K in keyof T]: T[K]['type'] extends 'boolean'
    ? Interfaces.BooleanFlag<boolean | undefined>
    : Interfaces.OptionFlag<ValueOf<T[K]> | (T[K] extends { readonly byDefault: string } ? never : undefined)>;
};

export function oclifFlags<T extends FlagTable>(table: T): OclifFlags<T> {
  return Object.fromEntries(
    Object.entries(table).map(([name, spec]) => [name, flagOf(spec)]),
  ) as unknown as OclifFlags<T>;
}

function flagOf(spec: FlagSpec): object {
  const common = {
    summary: spec.summary,
    ...(spec.char === undefined ? {} : { char: spec.char as 'a' }),
    ...(spec.env === undefined ? {} : { env: spec.env }),
    ...(spec.group === undefined ? {} : { helpGroup: spec.group }),
  };
  if (spec.type === 'boolean') return Flags.boolean({ ...common, ...(spec.allowNo === true ? { allowNo: true } : {}) });
  const valued = { ...common, ...(spec.value === undefined ? {} : { helpValue: spec.value }) };
  if (spec.type === 'integer') return Flags.integer({ ...valued, min: 0 });
  const { options, byDefault } = spec;
  if (options === undefined) return Flags.string(valued);
  return Flags.option({ ...valued, options, ...(byDefault === undefined ? {} : { default: byDefault }) })();
}

/** The usage of a command with its flags: `words [-m MIB] [--dry-run]`. */
export function usageWith(words: string, flags: Readonly<Record<string, UsedFlag>>): string {
  const parts = Object.entries(flags).map(([name, { char, helpValue, multiple }]) => {
    const flag = char === undefined ? `--${name}` : `-${char}`;
    const value = typeof helpValue === 'string' ? ` ${helpValue}${multiple === true ? '...' : ''}` : '';
    return `[${flag}${value}]`;
  });
  return [words, ...parts].join(' ');
}

interface UsedFlag {
  readonly char?: string | undefined;
  readonly helpValue?: unknown;
  readonly multiple?: boolean | undefined;
}
