import { isLamError } from '../../../errors/index.ts';
import { WrappedReply, type HeaderPairs, type Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { RequestHead } from '../../request.ts';
import { callerOf, roleWord, type GlambdarAccess } from './access.ts';
import type { GlambdarAction } from './routes.ts';

/** A request with a key, in Glambdar's form. */
interface AuditEntry {
  readonly id: number;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly actorName: string;
  readonly actorRole: string;
  readonly action: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** Glambdar's names of actions where they differ from lam's. */
const ACTION_NAMES: Readonly<Partial<Record<GlambdarAction, string>>> = {
  list: 'info',
  node: 'info',
  createKey: 'auth',
  listKeys: 'auth',
  changeKey: 'auth',
  revokeKey: 'auth',
  audit: 'auth',
};

/** Entries that Glambdar answers. */
const MOST_ENTRIES = 100;

/** The last requests that were sent with a key, since the daemon started. */
export class Audit {
  readonly #clock: Pick<Clock, 'now'>;
  #entries: readonly AuditEntry[] = [];
  #count = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Newest first. */
  list(): readonly AuditEntry[] {
    return this.#entries;
  }

  /** Returns a reply that notes the request with the status of its answer; `reply` itself for one without a key. */
  // oxlint-disable-next-line max-params -- the reply, and what is noted of its request
  noted(reply: Reply, access: GlambdarAccess, head: RequestHead, action: GlambdarAction): Reply {
    const caller = callerOf(access, head);
    if (isLamError(caller) || caller.actor.kind === 'local') return reply;
    const { kind, name } = caller.actor;
    return new NotedReply(reply, (status) => {
      this.#add({
        actorName: kind === 'token' ? 'root' : name,
        actorRole: roleWord(caller),
        action: ACTION_NAMES[action] ?? action,
        method: head.method,
        path: head.path,
        status,
      });
    });
  }

  #add(entry: Omit<AuditEntry, 'id' | 'timestamp'>): void {
    const id = ++this.#count;
    const timestamp = new Date(this.#clock.now()).toISOString();
    this.#entries = [{ id, timestamp, ...entry }, ...this.#entries.slice(0, MOST_ENTRIES - 1)];
  }
}

class NotedReply extends WrappedReply {
  readonly #note: (status: number) => void;

  constructor(inner: Reply, note: (status: number) => void) {
    super(inner);
    this.#note = note;
  }

  override send(status: number, headers: HeaderPairs, body: Uint8Array): void {
    super.send(status, headers, body);
    this.#note(status);
  }
}
