import { isUtf8 } from 'node:buffer';
import { base64Decoded, base64Of, isJsonText, textOf } from './payload.ts';

/** Attributes of an event in CloudEvents 1.0 that its source chooses. */
export interface EventAttributes {
  readonly id: string;
  /** URI reference of the source, without user and password. */
  readonly source: string;
  readonly type: string;
  /** What in the source it is about: a subject, a topic. */
  readonly subject?: string;
  /** When it happened (milliseconds since the epoch). */
  readonly time?: number | undefined;
  /** Extension attributes. */
  readonly [extension: string]: string | number | boolean | undefined;
}

/**
 * Returns an event in the JSON format of CloudEvents 1.0. Bytes that are JSON become `data` as such, other text becomes
 * a string, and bytes that are not UTF-8 become `data_base64`.
 */
export function cloudEvent(attributes: EventAttributes, data: Uint8Array | object): object {
  return JSON.parse(cloudEventText(attributes, data)) as object;
}

/** The same as JSON text. Data that are JSON are taken over as they are written. */
export function cloudEventText(attributes: EventAttributes, data: Uint8Array | object): string {
  const { time } = attributes;
  const members = JSON.stringify(time === undefined ? attributes : { ...attributes, time: isoTime(time) });
  const head = `{"specversion":"1.0",${members.slice(1, -1)}`;
  if (!(data instanceof Uint8Array))
    return `${head},"datacontenttype":"application/json","data":${JSON.stringify(data)}}`;
  if (!isUtf8(data)) return `${head},"datacontenttype":"application/octet-stream","data_base64":"${base64Of(data)}"}`;
  const text = textOf(data);
  if (isJsonText(text)) return `${head},"datacontenttype":"application/json","data":${text}}`;
  return `${head},"datacontenttype":"text/plain","data":${JSON.stringify(text)}}`;
}

/** The same of one that is JSON text. */
export function filterableOfText(event: string): unknown {
  return filterableOf(JSON.parse(event) as Readonly<Record<string, unknown>>);
}

/** The last second that was written, and its text up to the point: messages of one second come together. */
let second = { at: NaN, text: '' };

/** As `toISOString`, which is slow, of `time` (ms since the epoch). */
function isoTime(time: number): string {
  const ms = Math.floor(time);
  const at = Math.floor(ms / 1000);
  if (at !== second.at) second = { at, text: new Date(at * 1000).toISOString().slice(0, -4) };
  return `${second.text}${String(ms - at * 1000).padStart(3, '0')}Z`;
}

/** Returns the event for a batch of CloudEvents, from their texts. */
export function listText(events: readonly { readonly event: string }[]): string {
  return `[${events.map(({ event }) => event).join(',')}]`;
}

/** Returns what filter patterns see of a CloudEvent: data that are no text as far as they can be read. */
export function filterableOf(event: Readonly<Record<string, unknown>>): unknown {
  return event['data_base64'] === undefined ? event : { ...event, data: base64Decoded(event['data_base64']) };
}
