import { inspect } from 'node:util';
import { pointOut } from './fault-site.ts';
import { tidyFrames } from './stack.ts';

/** Error document of AWS Lambda's Node runtime, with its keys in AWS's order. */
export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** Most characters of a message or a trace; a longer document would exceed the payload limit. */
const TEXT_LIMIT = 256 * 1024;
/** Most characters of an error type in a frame's meta. */
const TYPE_LIMIT = 256;

/** An error that the bootstrap itself reports, of type `Runtime.*`. */
export class RuntimeError extends Error {
  constructor(type: string, message: string, stack?: string) {
    super(message);
    Object.defineProperty(this, 'name', { value: `Runtime.${type}` });
    this.stack = `${this.name}: ${message}${stack === undefined ? '' : `\n${stack}`}`;
  }
}

/**
 * Converts a thrown value as AWS does: an Error of any realm by name, message and stack; other values by JavaScript
 * type and text; undefined and null as `handled`.
 */
export function errorDocument(thrown: unknown): ErrorDocument {
  try {
    if (thrown instanceof SyntaxError) pointOut(thrown);
    if (isErrorLike(thrown))
      return {
        errorType: thrown.name,
        errorMessage: cut(thrown.message),
        trace: cut(tidyFrames(thrown.stack)).split('\n'),
      };
    if (thrown === undefined || thrown === null) return { errorType: 'string', errorMessage: 'handled', trace: [] };
    // oxlint-disable-next-line no-base-to-string -- whatever text the thrown object has is its message
    return { errorType: typeof thrown, errorMessage: cut(String(thrown)), trace: [] };
  } catch {
    // A getter or toString threw; AWS reports the same type.
    return {
      errorType: 'handled',
      errorMessage: 'the error thrown could not be read: its name, message or stack threw in turn',
      trace: [],
    };
  }
}

/** Formats a thrown value for the log. */
export function describe(thrown: unknown): string {
  try {
    return tidyFrames(thrown instanceof RuntimeError ? (thrown.stack ?? '') : inspect(thrown));
  } catch {
    // A custom inspect threw; the error document has the message.
    return 'an error that could not be shown';
  }
}

/** JSON meta of an error frame: error type, run time (ms), and whether the process ends after it. */
export function errorMeta(
  document: ErrorDocument,
  more: { readonly ranMs?: number; readonly leaving?: true } = {},
): string {
  return JSON.stringify({ errorType: document.errorType.slice(0, TYPE_LIMIT), ...more });
}

function isErrorLike(value: unknown): value is { name: string; message: string; stack: string } {
  if (typeof value !== 'object' || value === null) return false;
  return (
    typeof Reflect.get(value, 'name') === 'string' &&
    typeof Reflect.get(value, 'message') === 'string' &&
    typeof Reflect.get(value, 'stack') === 'string'
  );
}

function cut(text: string): string {
  return text.length > TEXT_LIMIT ? text.slice(0, TEXT_LIMIT) : text;
}
