import { lamError } from '../errors/index.ts';
import type { RuntimeDescriptor } from './descriptor.ts';
import { DESCRIPTORS, FAMILIES, type RuntimeFamily } from './list.ts';

export type {
  EntryPoint,
  HandlerGrammar,
  Interpreter,
  LamNode,
  ProgramOnPath,
  RuntimeDescriptor,
} from './descriptor.ts';
export { DESCRIPTORS, FAMILIES, type RuntimeFamily } from './list.ts';
export { PROTOCOLS, type Protocol } from './protocol.ts';

/** A runtime identifier, resolved. */
export interface Runtime {
  readonly family: RuntimeFamily;
  /** The version in the identifier (`22`, `3.11`); undefined for any. */
  readonly version: string | undefined;
  /** The descriptor of the family. */
  readonly descriptor: RuntimeDescriptor;
}

/** Identifiers shown to users after an unknown one. */
export const KNOWN_RUNTIMES: readonly string[] = FAMILIES.flatMap((family) => DESCRIPTORS[family].identifiers);

/** Resolves an identifier; returns undefined for an unknown runtime. */
export function parseRuntime(identifier: string): Runtime | undefined {
  for (const family of FAMILIES) {
    const descriptor = DESCRIPTORS[family];
    const parsed = descriptor.parse(identifier);
    if (parsed !== undefined) return { family, version: parsed.version, descriptor };
  }
  return undefined;
}

/** Resolves an identifier. Throws `LAM_REGISTRY_UNKNOWN_RUNTIME`. */
export function requireRuntime(identifier: string): Runtime {
  const runtime = parseRuntime(identifier);
  if (runtime === undefined)
    throw lamError('LAM_REGISTRY_UNKNOWN_RUNTIME', { runtime: identifier, known: KNOWN_RUNTIMES });
  return runtime;
}
