import { isQualifier, type AsyncDetail, type FunctionName, type RequestId } from '../../contract/index.ts';
import type { EpochMs } from '../../kit/index.ts';
import type { DeathReport, LeasedEvent, Leases, LeaseToken, QueuedEvent, Settlement } from '../queue.ts';
import type {
  LeasedRow,
  LeasedRows,
  Notices,
  Operation,
  OperationName,
  OperationResults,
  Packed,
  WorkerResult,
} from './messages.ts';
import { rareFacts, type Facts } from './rows.ts';

/** From which length on bytes have a buffer of their own. */
const LARGE_BYTES = 16 * 1024;
/** Length of a buffer of small ones: one of them that is kept keeps no more than this. */
const SHARED_BYTES = 64 * 1024;

/** Where bytes are: number of the buffer, start, length. */
type Slot = readonly [buffer: number, start: number, length: number];

/** What a worker yields for a batch. */
export interface Yield {
  readonly results: readonly WorkerResult[];
  readonly notices: Notices;
}

/** The same as callers get it. */
export interface ReceivedYield {
  readonly results: readonly OperationResults[OperationName][];
  readonly notices: Notices;
}

/** A leased event without its facts. */
type LeasedParts = readonly [
  token: LeaseToken,
  id: RequestId,
  qualifier: string | null,
  due: EpochMs,
  accepted: EpochMs,
  expires: EpochMs,
  attempts: number,
  interrupted: number,
  body: Slot,
];

/** Leased events on their way; `parts` tells them from other results. Their facts are apart, see {@link packYield}. */
interface WiredLeases {
  readonly leasedOf: FunctionName;
  readonly parts: readonly LeasedParts[];
  readonly nextAt: EpochMs | undefined;
}

/** `T` as JSON has it. */
type Wired<T> = T extends Uint8Array
  ? Slot
  : T extends string | number | boolean | null | undefined
    ? T
    : { -readonly [K in keyof T]: Wired<T[K]> };

/** @param operations their events of enqueue may be moved, if they have a buffer of their own */
export function packOperations(operations: readonly Operation[]): Packed {
  const out = new Buffers();
  const text = JSON.stringify(operations.map((operation) => operationOut(operation, out)));
  return { text, buffers: out.end() };
}

export function unpackOperations({ text, buffers }: Packed): readonly Operation[] {
  const operations = JSON.parse(text) as Wired<Operation>[];
  for (const operation of operations) {
    if (operation.name === 'enqueue') eventIn(operation.event, buffers);
    else if (operation.name === 'settle') attemptIn(operation.settlement, buffers);
    else if (operation.name === 'deadLetter') attemptIn(operation.death, buffers);
  }
  return operations as unknown as readonly Operation[];
}

/**
 * Facts of leased events go as the JSON that is stored, so that only their receiver parses them.
 *
 * @param yielded its bytes are moved, if they have a buffer of their own
 */
export function packYield({ results, notices }: Yield): Packed {
  const out = new Buffers();
  const facts: string[] = [];
  const rest = JSON.stringify({ results: results.map((result) => resultOut(result, out, facts)), notices });
  return { text: `{"facts":[${facts.join(',')}],${rest.slice(1)}`, buffers: out.end() };
}

/** Throws where the stored facts of an event are no JSON. */
export function unpackYield({ text, buffers }: Packed): ReceivedYield {
  const { facts, results, notices } = JSON.parse(text) as { facts: Facts[]; results: unknown[]; notices: Notices };
  let taken = 0;
  const received = results.map((result) => {
    if (!isWiredLeases(result)) return resultIn(result, buffers);
    const from = taken;
    taken += result.parts.length;
    return leasesIn(result, facts.slice(from, taken), buffers);
  });
  return { results: received, notices };
}

/** Gathers bytes in as few buffers as possible. */
class Buffers {
  readonly #buffers: (ArrayBuffer | undefined)[] = [];
  #small: Uint8Array[] = [];
  #smallBytes = 0;
  /** Number of the buffer that small ones come to. */
  #shared = -1;

  /** @param isOwn whether its buffer may be moved if it holds nothing else */
  put(bytes: Uint8Array, isOwn: boolean): Slot {
    const { buffer, byteLength } = bytes;
    if (byteLength >= LARGE_BYTES) {
      const isWhole = isOwn && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
      this.#buffers.push(isWhole ? buffer : new Uint8Array(bytes).buffer);
      return [this.#buffers.length - 1, 0, byteLength];
    }
    if (this.#shared < 0 || this.#smallBytes + byteLength > SHARED_BYTES) this.#next();
    const start = this.#smallBytes;
    this.#small.push(bytes);
    this.#smallBytes += byteLength;
    return [this.#shared, start, byteLength];
  }

  end(): ArrayBuffer[] {
    this.#join();
    return this.#buffers as ArrayBuffer[];
  }

  #next(): void {
    this.#join();
    this.#shared = this.#buffers.push(undefined) - 1;
  }

  /** Copies the small ones to their buffer. */
  #join(): void {
    if (this.#shared < 0) return;
    const joined = new Uint8Array(this.#smallBytes);
    let at = 0;
    for (const bytes of this.#small) {
      joined.set(bytes, at);
      at += bytes.byteLength;
    }
    this.#buffers[this.#shared] = joined.buffer;
    this.#small = [];
    this.#smallBytes = 0;
  }
}

function bytesIn([buffer, start, length]: Slot, buffers: readonly ArrayBuffer[]): Uint8Array {
  return new Uint8Array(buffers[buffer] as ArrayBuffer, start, length);
}

function operationOut(operation: Operation, out: Buffers): Wired<Operation> {
  switch (operation.name) {
    case 'enqueue':
      return { ...operation, event: eventOut(operation.event, out, true) };
    case 'settle':
      return { ...operation, settlement: attemptOut(operation.settlement, out) };
    case 'deadLetter':
      return { ...operation, death: attemptOut(operation.death, out) };
    default:
      return operation as Wired<typeof operation>;
  }
}

function eventOut<E extends QueuedEvent>(event: E, out: Buffers, isOwn = false): Wired<E> {
  return { ...event, event: out.put(event.event, isOwn) } as unknown as Wired<E>;
}

function eventIn<E extends QueuedEvent>(event: Wired<E>, buffers: readonly ArrayBuffer[]): void {
  const filled = event as unknown as { event: Slot | Uint8Array };
  filled.event = bytesIn(filled.event as Slot, buffers);
}

function attemptOut<S extends Settlement | DeathReport>(end: S, out: Buffers): Wired<S> {
  const { attempt } = end;
  const followUps = 'followUps' in end ? end.followUps : undefined;
  const payload = attempt?.payload;
  if (payload === undefined && followUps === undefined) return end as unknown as Wired<S>;
  return {
    ...end,
    ...(payload === undefined ? {} : { attempt: { ...attempt, payload: out.put(payload, false) } }),
    followUps: followUps?.map((event) => eventOut(event, out)),
  } as unknown as Wired<S>;
}

function attemptIn(end: Wired<Settlement | DeathReport>, buffers: readonly ArrayBuffer[]): void {
  if (end.attempt?.payload !== undefined) fillPayload(end.attempt, buffers);
  if ('followUps' in end) for (const event of end.followUps ?? []) eventIn(event, buffers);
}

function fillPayload(holder: object, buffers: readonly ArrayBuffer[]): void {
  const filled = holder as { payload: Slot | Uint8Array };
  filled.payload = bytesIn(filled.payload as Slot, buffers);
}

function resultOut(result: WorkerResult, out: Buffers, facts: string[]): unknown {
  if (typeof result !== 'object') return result;
  if (isLeased(result)) {
    for (const row of result.rows) facts.push(row.facts);
    const { functionName, rows, nextAt } = result;
    return { leasedOf: functionName, parts: rows.map((row) => partsOf(row, out)), nextAt } satisfies WiredLeases;
  }
  if (hasEvent(result)) return eventOut(result, out, true);
  if (hasPayload(result)) return { ...result, payload: out.put(result.payload, true) };
  return result;
}

/** What JSON has of an answer, with its bytes; undefined is null there. */
function resultIn(result: unknown, buffers: readonly ArrayBuffer[]): OperationResults[OperationName] {
  if (typeof result === 'object' && result !== null) {
    if (hasEvent(result)) eventIn(result as unknown as Wired<QueuedEvent>, buffers);
    else if (hasPayload(result)) fillPayload(result, buffers);
  }
  return (result ?? undefined) as OperationResults[OperationName];
}

/** Counts are by names of functions, of which one may be `rows`; those are objects. */
function isLeased(result: object): result is LeasedRows {
  return 'rows' in result && Array.isArray(result.rows);
}

function isWiredLeases(result: unknown): result is WiredLeases {
  return typeof result === 'object' && result !== null && 'parts' in result && Array.isArray(result.parts);
}

function partsOf(row: LeasedRow, out: Buffers): LeasedParts {
  const { token, id, qualifier, due, accepted, expires, attempts, interrupted, body } = row;
  return [token, id, qualifier, due, accepted, expires, attempts, interrupted, out.put(body, true)];
}

function leasesIn({ leasedOf, parts, nextAt }: WiredLeases, facts: Facts[], buffers: readonly ArrayBuffer[]): Leases {
  return { events: parts.map((each, n) => leasedIn(leasedOf, each, facts[n] as Facts, buffers)), nextAt };
}

function leasedIn(
  functionName: FunctionName,
  [token, id, qualifier, due, accepted, expires, attempts, interrupted, body]: LeasedParts,
  facts: Facts,
  buffers: readonly ArrayBuffer[],
): LeasedEvent {
  const { origin, traceId, clientContext } = facts;
  return {
    id,
    functionName,
    qualifier: qualifier !== null && isQualifier(qualifier) ? qualifier : undefined,
    event: bytesIn(body, buffers),
    origin,
    traceId,
    clientContext,
    notBefore: due,
    expiresAt: expires,
    ...rareFacts(facts),
    token,
    acceptedAt: accepted,
    attempts,
    interrupted,
  };
}

/** Counts: as above, with `event`. */
function hasEvent(result: object): result is QueuedEvent {
  return 'event' in result && (result.event instanceof Uint8Array || Array.isArray(result.event));
}

function hasPayload(result: object): result is AsyncDetail & { readonly payload: Uint8Array } {
  return 'payload' in result && (result.payload instanceof Uint8Array || Array.isArray(result.payload));
}
