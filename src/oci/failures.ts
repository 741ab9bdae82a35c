import type { IncomingMessage } from 'node:http';
import { isLamError, lamError, messageOf, type LamError } from '../errors/index.ts';
import { bodyOf } from './exchange.ts';

/** Longest error answer that is read (bytes). */
const ERROR_BYTES = 64 * 1024;
/** Codes of failures that another attempt may not meet. */
const PASSING: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ECONNABORTED']);
const CERTIFICATE = /^(?:DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|CERT_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;

/** Whether a request that failed like this may be made again. */
export function isPassing(error: unknown): boolean {
  return PASSING.has((error as NodeJS.ErrnoException).code ?? '');
}

/** Whether an answer with this status may be another one a little later. */
export function isPassingStatus(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

/** The error of the catalogue for a request to which no answer came. */
export function connectionError(error: unknown, host: string, isSecure: boolean): LamError {
  if (isLamError(error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reason = reasonOf(error);
  if (isSecure && (code === 'EPROTO' || code.startsWith('ERR_SSL'))) {
    return lamError('LAM_OCI_SCHEME', { host, spoken: 'https' }, error);
  }
  if (!isSecure && code.startsWith('HPE_')) return lamError('LAM_OCI_SCHEME', { host, spoken: 'http' }, error);
  if (CERTIFICATE.test(code)) return lamError('LAM_OCI_CERTIFICATE', { host, reason }, error);
  return lamError('LAM_OCI_UNREACHABLE', { host, reason }, error);
}

/** What a system's error says; of one that several attempts made together, the first's. */
export function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const text = messageOf(first ?? error);
  return text === '' ? ((error as NodeJS.ErrnoException).code ?? 'unknown') : text;
}

/** What an error answer of a registry says, in one line; empty for nothing. Never rejects. */
export async function refusalText(incoming: IncomingMessage): Promise<string> {
  const text = await bodyOf(incoming, ERROR_BYTES, 'the answer').then(String, () => '');
  try {
    const { errors, details } = JSON.parse(text) as { errors?: unknown; details?: unknown };
    const all = Array.isArray(errors) ? (errors as { code?: unknown; message?: unknown }[]) : [];
    const said = all.map(({ code, message }) => message ?? code).filter((each) => typeof each === 'string');
    if (said.length > 0) return oneLine(said.join('; '));
    if (typeof details === 'string') return oneLine(details);
  } catch {
    // Proxies answer in HTML or text.
  }
  return text.startsWith('<') ? '' : oneLine(text);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 300);
}
