import { createHash } from 'node:crypto';
import type { SourceMessage } from './message.ts';

const NONE: ReadonlySet<number> = new Set();

/**
 * Returns the indexes of the messages that a handler's answer declares as failed by `batchItemFailures`; undefined if it
 * names an unknown message, which fails the whole batch, as on AWS.
 */
export function failedByAnswer(
  payload: Uint8Array,
  messages: readonly SourceMessage[],
): ReadonlySet<number> | undefined {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  // Most answers have no such list and need not be parsed.
  if (!bytes.includes('"batchItemFailures"')) return NONE;
  const failures = listOf(bytes.toString());
  if (failures.length === 0) return NONE;
  const failed = new Set<number>();
  for (const failure of failures) {
    const id =
      typeof failure === 'object' && failure !== null && (failure as Record<string, unknown>)['itemIdentifier'];
    const named = messages.flatMap(({ itemIdentifier }, n) => (itemIdentifier === id ? [n] : []));
    if (named.length === 0) return undefined;
    for (const n of named) failed.add(n);
  }
  return failed;
}

function listOf(json: string): readonly unknown[] {
  try {
    const answer: unknown = JSON.parse(json);
    const list: unknown =
      typeof answer === 'object' && answer !== null && (answer as Record<string, unknown>)['batchItemFailures'];
    return Array.isArray(list) ? (list as unknown[]) : [];
  } catch {
    return [];
  }
}

/** Idempotency id of a batch: that of its only message, or one that identifies exactly these messages. */
export function batchId(messages: readonly SourceMessage[]): string {
  const [first] = messages;
  if (first === undefined || messages.length === 1) return first?.id ?? '';
  const digest = createHash('sha256')
    .update(JSON.stringify(messages.map(({ id }) => id)))
    .digest('hex');
  return `${first.id}+${messages.length - 1}~${digest.slice(0, 12)}`;
}
