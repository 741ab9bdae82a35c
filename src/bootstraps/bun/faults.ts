import { RuntimeError } from '../javascript/error-document.ts';
import { relativePaths } from '../javascript/stack.ts';

/** What Bun throws for code that it cannot parse; neither it nor `ResolveMessage` has a stack. */
interface BuildMessage {
  readonly name: 'BuildMessage';
  readonly message: string;
  readonly position: {
    readonly file: string;
    readonly line: number;
    /** From 1. */
    readonly column: number;
    readonly length: number;
    readonly lineText: string;
  } | null;
}

/** Translates Bun's own errors of loading to AWS's types, with the place of a syntax error. */
export function faultOf(error: unknown): RuntimeError | undefined {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const name: unknown = Reflect.get(Object(first), 'name');
  const message = relativePaths(String(Reflect.get(Object(first), 'message')));
  if (name === 'ResolveMessage') return new RuntimeError('ImportModuleError', `Error: ${message}`);
  if (name !== 'BuildMessage') return undefined;
  return new RuntimeError('UserCodeSyntaxError', `SyntaxError: ${message}`, placeOf(first as BuildMessage));
}

function placeOf({ position }: BuildMessage): string {
  if (position === null) return '';
  const { file, line, column, length, lineText } = position;
  return [
    `${relativePaths(file)}:${line}`,
    lineText,
    ' '.repeat(Math.max(0, column - 1)) + '^'.repeat(Math.max(1, length)),
  ].join('\n');
}
