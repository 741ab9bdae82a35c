/** Attributes of CloudEvents that headers do not set. */
const RESERVED: ReadonlySet<string> = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'data',
  'datacontenttype',
  'dataschema',
]);

/**
 * Returns headers of a message as extension attributes of a CloudEvent: their names in lower case, without characters
 * other than letters and digits. Of several with the same name the last one counts. Pure.
 */
export function extensionsOf(headers: Iterable<readonly [name: string, value: string]>): Record<string, string> {
  const extensions: Record<string, string> = {};
  for (const [name, value] of headers) {
    const attribute = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
    if (attribute !== '' && !RESERVED.has(attribute)) extensions[attribute] = value;
  }
  return extensions;
}
