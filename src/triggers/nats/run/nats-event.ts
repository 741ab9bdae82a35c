import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { cloudEventText, type EventAttributes } from '../../source/run/cloud-event.ts';
import { extensionsOf } from '../../source/run/extensions.ts';
import type { DeathCause } from '../../source/run/message.ts';

/** What a message has with and without JetStream. */
export interface RawMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers?: MsgHdrs | undefined;
}

/** Share of an event's attributes (bytes). */
const ATTRIBUTES_BYTES = 300;

/** Returns a message as a CloudEvent, as JSON text; its headers are extension attributes. */
export function eventOf(
  message: RawMessage,
  { id, at, time }: { readonly id: string; readonly at: string; readonly time?: number | undefined },
): string {
  const { subject, data, headers: given } = message;
  const attributes = { id, source: `nats://${at}`, type: 'lam.nats.message', subject };
  const extensions = given === undefined ? undefined : extensionsOf(pairsOf(given));
  return cloudEventText({ ...extensions, ...attributes, time }, data);
}

/** Attributes of a sample on the subjects of a trigger. `path`: of its source, behind the server. */
export function sampleAttributes(subjects: string, path: string): Omit<EventAttributes, 'id'> {
  const subject = subjects.replaceAll(/[*>]/g, 'sample');
  return { source: `nats://localhost:4222${path}`, type: 'lam.nats.message', subject };
}

/** Share of an event (bytes, estimated). */
export function bytesOf({ subject, data, headers: given }: RawMessage): number {
  const ofHeaders =
    given === undefined
      ? 0
      : pairsOf(given).reduce((sum, [name, value]) => sum + name.length + 2 * value.length + 6, 0);
  return ATTRIBUTES_BYTES + subject.length * 2 + data.length * 2 + ofHeaders;
}

/** Returns the headers of a dead letter: those of the message without those that servers act upon, and why it died. */
export function deathHeaders(
  message: RawMessage,
  { attempts, errorType, errorMessage }: DeathCause,
  more: Readonly<Record<string, string>>,
): MsgHdrs {
  const all = ownHeaders(message);
  const why = {
    'Lam-Subject': message.subject,
    ...more,
    'Lam-Attempts': String(attempts),
    'Lam-Error-Type': errorType,
    'Lam-Error-Message': errorMessage,
  };
  for (const [name, value] of Object.entries(why)) all.set(name, oneLine(value));
  return all;
}

/** Returns the headers of a dead letter that has no room for why it died; none where the message has none. */
export function bareHeaders(message: RawMessage): { readonly headers?: MsgHdrs } {
  const all = ownHeaders(message);
  return all.keys().length === 0 ? {} : { headers: all };
}

/** The headers of a message without those that servers act upon. */
function ownHeaders(message: RawMessage): MsgHdrs {
  const all = headers();
  for (const [name, value] of message.headers === undefined ? [] : pairsOf(message.headers))
    if (!/^nats-/i.test(name)) all.append(name, value);
  return all;
}

/** Longest text in a header of lam (characters): a server has a bound for headers, and errors may have any length. */
const LONGEST_HEADER = 1000;

/** Returns text as the value of a header, which has no line breaks. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, LONGEST_HEADER).trim();
}

function pairsOf(given: MsgHdrs): readonly (readonly [string, string])[] {
  return given.keys().flatMap((name) => given.values(name).map((value) => [name, value] as const));
}
