import { printable, type LamError } from '../../errors/index.ts';

/**
 * What a function said when its code could not be loaded, indented, to follow the message of the error: the rest of its
 * own message, its stack trace, its last lines of output, and what ran instead of what is configured. Empty for other errors.
 */
export function renderLoadFailure({ code, details }: LamError): string {
  if (code !== 'LAM_OPERATIONS_CHECK_FAILED') return '';
  const { errorMessage, stackTrace, output, notice } = details;
  const lines = [...textOf(errorMessage).slice(1), ...framesOf(stackTrace, textOf(errorMessage))];
  const printed = linesOf(output);
  if (printed.length > 0) lines.push('it printed:', ...printed.map((line) => `  ${line}`));
  // Another image than the configured one may be the whole reason.
  if (typeof notice === 'string') lines.push(notice);
  return lines.map((line) => `  ${printable(line)}\n`).join('');
}

/** The stack trace without the lines at its begin that repeat the message, and without the indentation that all share. */
function framesOf(stackTrace: unknown, message: readonly string[]): readonly string[] {
  const lines = linesOf(stackTrace);
  const first = lines.findIndex((line) => !message.some((said) => said !== '' && line.includes(said)));
  const shown = first === -1 ? [] : lines.slice(first);
  const indentation = Math.min(...shown.filter(Boolean).map((line) => line.search(/\S|$/)));
  return shown.map((line) => line.slice(indentation));
}

function textOf(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split('\n') : [];
}

function linesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.flatMap((line) => String(line).trimEnd().split('\n')) : [];
}
