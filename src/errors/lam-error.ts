import { CATALOGUE } from './catalogue/index.ts';
import type { Entry } from './entry.ts';
import { KINDS, type Kind } from './kinds.ts';
import { printable } from './printable.ts';

type Catalogue = typeof CATALOGUE;

/** Stable code of an error, one per action that resolves it; docs/errors.md lists all. */
export type ErrorCode = keyof Catalogue;

/** Data in the message of a code. */
export type ErrorData<C extends ErrorCode> = Catalogue[C] extends Entry<infer D> ? D : never;

/** How an error travels over the control socket and appears under `--json`. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const BRAND: unique symbol = Symbol.for('lam.error') as never;

/**
 * An error of lam itself. Test `code` or use {@link isLamError}, never `instanceof`: the error may come from another
 * bundle or over the wire.
 */
export class LamError extends Error {
  readonly [BRAND] = true;
  readonly code: ErrorCode;
  readonly kind: Kind;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  /** Set when the error crossed the wire, so that texts are the sender's own. */
  constructor(
    code: ErrorCode,
    parts: { message: string; hint?: string | undefined; details: Record<string, unknown> },
    cause?: unknown,
  ) {
    super(parts.message, cause === undefined ? undefined : { cause });
    this.name = 'LamError';
    this.code = code;
    this.kind = CATALOGUE[code].kind;
    this.hint = parts.hint;
    this.details = parts.details;
  }
  /** Exit code of a command that ends with this error. */
  get exitCode(): number {
    return KINDS[this.kind].exit;
  }
  /** HTTP status of a response that carries this error. */
  get httpStatus(): number {
    return KINDS[this.kind].http;
  }
  /** The AWS exception name, or `ServiceException` where the catalogue names none. */
  get awsName(): string {
    const e: Entry<never> = CATALOGUE[this.code];
    return e.aws ?? 'ServiceException';
  }
}

/** Creates the error for `code`; its message and hint are made from `data`. */
export function lamError<C extends ErrorCode>(code: C, data: ErrorData<C>, cause?: unknown): LamError {
  const e = CATALOGUE[code] as unknown as Entry<ErrorData<C>>;
  return new LamError(
    code,
    { message: printable(e.message(data)), hint: e.hint && printable(e.hint(data)), details: { ...(data as object) } },
    cause,
  );
}

/** Whether `value` is an error of lam, from whichever bundle. */
export function isLamError(value: unknown): value is LamError {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

export function toWire(error: LamError): WireError {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
  };
}

/** Rebuilds an error from the wire. An unknown code (a newer daemon's) keeps its texts under `LAM_INTERNAL`. */
export function fromWire(wire: WireError): LamError {
  const known = Object.hasOwn(CATALOGUE, wire.code);
  const code = known ? (wire.code as ErrorCode) : 'LAM_INTERNAL';
  const message = known ? wire.message : `${wire.code}: ${wire.message}`;
  return new LamError(code, {
    message: printable(message),
    hint: wire.hint && printable(wire.hint),
    details: { ...wire.details },
  });
}
