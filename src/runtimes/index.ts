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

/** What a runtime identifier means. */
export interface Runtime {
  readonly family: RuntimeFamily;
  /** The version the identifier asks for (`22`, `3.11`), or undefined where any will do. */
  readonly version: string | undefined;
  /** All there is to know of the family. */
  readonly descriptor: RuntimeDescriptor;
}

/** Identifiers to show a person who asked for an unknown one. */
export const KNOWN_RUNTIMES: readonly string[] = FAMILIES.flatMap((family) => DESCRIPTORS[family].identifiers);

/** What an identifier means, or undefined when lam knows no such runtime. */
export function parseRuntime(identifier: string): Runtime | undefined {
  for (const family of FAMILIES) {
    const descriptor = DESCRIPTORS[family];
    const parsed = descriptor.parse(identifier);
    if (parsed !== undefined) return { family, version: parsed.version, descriptor };
  }
  return undefined;
}

/** What an identifier means. Throws `LAM_REGISTRY_UNKNOWN_RUNTIME`. */
export function requireRuntime(identifier: string): Runtime {
  const runtime = parseRuntime(identifier);
  if (runtime === undefined)
    throw lamError('LAM_REGISTRY_UNKNOWN_RUNTIME', { runtime: identifier, known: KNOWN_RUNTIMES });
  return runtime;
}
