import type { AsyncDetail } from '../../contract/index.ts';
import type { DeathReport, LeasedEvent, QueuedEvent, Settlement } from '../queue.ts';
import type { Notices, Operation, OperationName, OperationResults, Packed } from './messages.ts';

/** From which length on bytes have a buffer of their own. */
const LARGE_BYTES = 16 * 1024;
/** Length of a buffer of small ones: one of them that is kept keeps no more than this. */
const SHARED_BYTES = 64 * 1024;

/** Where bytes are: number of the buffer, start, length. */
type Slot = readonly [buffer: number, start: number, length: number];

/** What a worker yields for a batch. */
export interface Yield {
  readonly results: readonly OperationResults[OperationName][];
  readonly notices: Notices;
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

/** @param yielded its bytes are moved, if they have a buffer of their own */
export function packYield({ results, notices }: Yield): Packed {
  const out = new Buffers();
  const text = JSON.stringify({ results: results.map((result) => resultOut(result, out)), notices });
  return { text, buffers: out.end() };
}

export function unpackYield({ text, buffers }: Packed): Yield {
  const { results, notices } = JSON.parse(text) as { results: unknown[]; notices: Notices };
  return { results: results.map((result) => resultIn(result, buffers)), notices };
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

function resultOut(result: OperationResults[OperationName], out: Buffers): unknown {
  if (typeof result !== 'object') return result;
  if (isLeases(result)) return { ...result, events: result.events.map((event) => eventOut(event, out, true)) };
  if (hasEvent(result)) return eventOut(result, out, true);
  if (hasPayload(result)) return { ...result, payload: out.put(result.payload, true) };
  return result;
}

/** What JSON has of an answer, with its bytes; undefined is null there. */
function resultIn(result: unknown, buffers: readonly ArrayBuffer[]): OperationResults[OperationName] {
  if (typeof result === 'object' && result !== null) {
    if (isLeases(result)) for (const event of result.events) eventIn(event as unknown as Wired<LeasedEvent>, buffers);
    else if (hasEvent(result)) eventIn(result as unknown as Wired<QueuedEvent>, buffers);
    else if (hasPayload(result)) fillPayload(result, buffers);
  }
  return (result ?? undefined) as OperationResults[OperationName];
}

function isLeases(result: object): result is OperationResults['lease'] {
  return 'events' in result && Array.isArray(result.events);
}

/** Counts are by names of functions, of which one may be `event`; those are objects. */
function hasEvent(result: object): result is QueuedEvent {
  return 'event' in result && (result.event instanceof Uint8Array || Array.isArray(result.event));
}

function hasPayload(result: object): result is AsyncDetail & { readonly payload: Uint8Array } {
  return 'payload' in result && (result.payload instanceof Uint8Array || Array.isArray(result.payload));
}
