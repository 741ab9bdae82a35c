import { AUDIT_OUTCOMES, type AuditEntry, type AuditQuery } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { RecordStream } from './record-stream.ts';

/** Streams entries of the audit log as NDJSON: those that are kept, then with `follow` each new one. */
export async function streamAudit({ audit }: Operations, parameters: URLSearchParams, reply: Reply): Promise<void> {
  const query = auditQueryOf(parameters);
  const out = new RecordStream<AuditEntry>(reply);
  const held: AuditEntry[] = [];
  let isLive = false;
  // What is noted while the files are read, and is in them too, is shown once.
  const { lines: _lines, ...live } = query;
  const take = (entry: AuditEntry): void => (isLive ? out.writeLive(entry) : void held.push(entry));
  const isFollowed = parameters.get('follow') === '1';
  const stop = isFollowed ? audit.follow(live, take) : (): void => undefined;
  reply.cancelWhenGone({
    cancel() {
      stop();
      out.left();
    },
  });
  try {
    const kept = await audit.query(query);
    await out.write(kept);
    const known = new Set(kept.map((entry) => JSON.stringify(entry)));
    for (const entry of held) if (!known.has(JSON.stringify(entry))) out.writeLive(entry);
  } catch (thrown) {
    stop();
    throw thrown;
  }
  isLive = true;
  if (!isFollowed) out.end();
}

/** Reads `?since=&key=&function=&outcome=&lines=&follow=1`. Throws `LAM_EDGE_BAD_REQUEST`. */
function auditQueryOf(parameters: URLSearchParams): AuditQuery {
  const text = (name: string): Record<string, string> => {
    const value = parameters.get(name);
    return value === null ? {} : { [name]: value };
  };
  const number = (name: string): Record<string, number> => {
    const value = parameters.get(name);
    if (value === null) return {};
    if (!/^\d{1,16}$/.test(value)) throw lamError('LAM_EDGE_BAD_REQUEST', { what: `'${name}' is not a number` });
    return { [name]: Number(value) };
  };
  const given = parameters.get('outcome');
  const outcome = AUDIT_OUTCOMES.find((one) => one === given);
  if (given !== null && outcome === undefined)
    throw lamError('LAM_EDGE_BAD_REQUEST', { what: `'outcome' is not one of ${AUDIT_OUTCOMES.join(', ')}` });
  return {
    ...number('since'),
    ...number('lines'),
    ...text('key'),
    ...text('function'),
    ...(outcome === undefined ? {} : { outcome }),
  };
}
