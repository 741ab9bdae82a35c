/** A part of a form: a value, or a file with its name. */
export type FormEntry = readonly [name: string, value: string | Uint8Array, fileName?: string];

/** Encodes a form with files as curl does. */
export function formOf(entries: readonly FormEntry[]): {
  readonly body: Buffer;
  readonly headers: Record<string, string>;
} {
  const boundary = '------------------------b0undary';
  const parts = entries.flatMap(([name, value, fileName]) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: application/octet-stream`}\r\n\r\n`,
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  return {
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}
