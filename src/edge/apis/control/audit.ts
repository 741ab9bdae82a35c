import type { AuditEntry, AuditQuery } from '../../../contract/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { QueryValues } from './parameters.ts';
import { RecordStream } from './record-stream.ts';

/** Streams entries of the audit log as NDJSON: those that are kept, then with `follow` each new one. */
export async function streamAudit({ audit }: Operations, values: QueryValues, reply: Reply): Promise<void> {
  const { follow: isFollowed = false, ...asked } = values;
  // The table of parameters allows no other outcomes.
  const query = asked as AuditQuery;
  const out = new RecordStream<AuditEntry>(reply);
  const held: AuditEntry[] = [];
  let isLive = false;
  // What is noted while the files are read, and is in them too, is shown once.
  const { lines: _lines, ...live } = query;
  const take = (entry: AuditEntry): void => (isLive ? out.writeLive(entry) : void held.push(entry));
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
