import { decodeErrorHeader } from '../../contract/index.ts';
import { fromWire, lamError, type LamError } from '../../errors/index.ts';
import type { FastFailure } from '../installation.ts';
import { findJsonFault } from './json-fault.ts';

/** The error for an invoke that got no answer from the function. */
export function failureToError(failure: FastFailure): LamError {
  switch (failure.kind) {
    case 'lost':
      return lamError('LAM_CLIENT_CONNECTION_LOST', { what: failure.what });
    case 'unreadable':
      return lamError('LAM_CLI_PAYLOAD_UNREADABLE', { from: failure.from, what: failure.what });
    case 'not-json':
      return notJson(failure.from, failure.text);
    case 'refused': {
      const wire = decodeErrorHeader(failure.header);
      if (wire !== undefined) return fromWire(wire);
      return lamError('LAM_CLIENT_BAD_ANSWER', {
        status: failure.status,
        what: `${failure.type ?? ''} ${failure.body.slice(0, 200)}`.trim(),
      });
    }
  }
}

/** The error for a text that is not JSON, with the place of the first fault and an excerpt. */
export function notJson(from: string, text: string): LamError {
  const fault = findJsonFault(text) ?? { at: text.length, expected: 'something else' };
  const before = text.slice(0, fault.at).split('\n');
  const excerpt = text
    .slice(Math.max(0, fault.at - EXCERPT), fault.at + EXCERPT)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return lamError('LAM_CLI_PAYLOAD_NOT_JSON', {
    from,
    expected: fault.expected,
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    excerpt,
  });
}

/** Characters shown on either side of a fault. */
const EXCERPT = 20;
