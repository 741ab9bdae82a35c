import { lamError } from '../errors/index.ts';
import { nearest } from '../kit/index.ts';
import type { RuntimeDescriptor, Supply, Toolchain } from './descriptor.ts';
import { DESCRIPTORS, FAMILIES, type RuntimeFamily } from './list.ts';

export type {
  ArchiveUse,
  CodeStart,
  EntryPoint,
  HandlerGrammar,
  Interpreter,
  InterpreterParts,
  LamNode,
  ProgramOnPath,
  RuntimeDescriptor,
  Supply,
  Toolchain,
} from './descriptor.ts';
export { JVM_ARGUMENTS, JVM_FOLDER, JVM_LIBRARY } from './jvm.ts';
export { DESCRIPTORS, FAMILIES, type RuntimeFamily } from './list.ts';
export { IMAGE_FILE, keptImageName, keptImages, pinnedImageOf, type PinnedImage } from './pinned-image.ts';
export { UNPACKED_FILE, type UnpackedImage } from './unpacked-image.ts';
export { PROTOCOLS, type Protocol } from './protocol.ts';

/** A runtime identifier, resolved. */
export interface Runtime {
  readonly family: RuntimeFamily;
  /** The version in the identifier (`22`, `3.11`); undefined for any. */
  readonly version: string | undefined;
  /** The descriptor of the family. */
  readonly descriptor: RuntimeDescriptor;
}

/** Where the program of a descriptor is had, in the words of errors: the Debian package, else the page. */
export function supplyWords({ debian, site }: Supply): { readonly debian: string } | { readonly site: string } {
  return debian === null ? { site } : { debian };
}

/** The toolchain that runs `program`; undefined for a program that none names. */
export function toolchainOf(program: string): Toolchain | undefined {
  return FAMILIES.flatMap((family) => DESCRIPTORS[family].toolchains).find((each) => each.program === program);
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

/** The known identifier, one of AWS's included, that an unknown one is nearest to. Pure. */
export function nearestRuntimeTo(identifier: string): { readonly nearest?: string } {
  const known = [...KNOWN_RUNTIMES, ...FAMILIES.flatMap((family) => DESCRIPTORS[family].awsIdentifiers)];
  const found = nearest(identifier, known);
  return found === undefined ? {} : { nearest: found };
}

/** Resolves an identifier. Throws `LAM_REGISTRY_UNKNOWN_RUNTIME`. */
export function requireRuntime(identifier: string): Runtime {
  const runtime = parseRuntime(identifier);
  if (runtime === undefined)
    throw lamError('LAM_REGISTRY_UNKNOWN_RUNTIME', {
      runtime: identifier,
      known: KNOWN_RUNTIMES,
      ...nearestRuntimeTo(identifier),
    });
  return runtime;
}
