import { randomBytes } from 'node:crypto';

import type { InvocationContext } from '../../contract/index.ts';
import type { HeaderPairs } from '../../http/index.ts';

/** Returns the headers of an event in `next`, always with a trace id: clients fail without one. */
export function eventHeaders(context: InvocationContext): HeaderPairs {
  const headers = [
    'Content-Type',
    'application/json',
    'Lambda-Runtime-Aws-Request-Id',
    context.requestId,
    'Lambda-Runtime-Deadline-Ms',
    String(Math.round(context.deadlineMs)),
    'Lambda-Runtime-Invoked-Function-Arn',
    headerText(context.functionArn),
    'Lambda-Runtime-Trace-Id',
    context.traceId === '' ? newTraceId() : headerText(context.traceId),
  ];
  const { clientContext = '' } = context;
  if (clientContext !== '') headers.push('Lambda-Runtime-Client-Context', headerText(clientContext));
  return headers;
}

/** Encodes UTF-8 text for a header; line breaks, which JSON has only between tokens, become blanks. */
function headerText(text: string): string {
  const carried = Buffer.from(text, 'utf8').toString('latin1');
  // oxlint-disable-next-line no-control-regex -- control characters are what it replaces
  return carried.replaceAll(/[\u0000-\u001f\u007f]/g, ' ');
}

function newTraceId(): string {
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
  return `Root=1-${hex(4)}-${hex(12)};Parent=${hex(8)};Sampled=0`;
}
