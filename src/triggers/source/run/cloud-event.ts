import { isUtf8 } from 'node:buffer';
import { base64Of, parsed } from './payload.ts';

/** Attributes of an event in CloudEvents 1.0 that its source chooses. */
export interface EventAttributes {
  readonly id: string;
  /** URI reference of the source, without user and password. */
  readonly source: string;
  readonly type: string;
  /** What in the source it is about: a subject, a topic. */
  readonly subject?: string;
  /** When it happened (milliseconds since the epoch). */
  readonly time?: number;
  /** Extension attributes. */
  readonly [extension: string]: string | number | boolean | undefined;
}

/**
 * Returns an event in the JSON format of CloudEvents 1.0. Bytes that are JSON become `data` as such, other text becomes
 * a string, and bytes that are not UTF-8 become `data_base64`.
 */
export function cloudEvent({ time, ...attributes }: EventAttributes, data: Uint8Array | object): object {
  const when = time === undefined ? {} : { time: new Date(time).toISOString() };
  const event = { specversion: '1.0', ...attributes, ...when };
  if (!(data instanceof Uint8Array)) return { ...event, datacontenttype: 'application/json', data };
  if (!isUtf8(data)) return { ...event, datacontenttype: 'application/octet-stream', data_base64: base64Of(data) };
  const { isJson, value } = parsed(data);
  return { ...event, datacontenttype: isJson ? 'application/json' : 'text/plain', data: value };
}
