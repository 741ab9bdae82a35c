/**
 * Returns the fault of a handler that is not `file.export`, else undefined. `example`: the default handler of the
 * grammar.
 */
export function fileAndExportFault(handler: string, example: string): string | undefined {
  const isWellFormed =
    /^[^.]*\.[^/]*[^/.]$/.test(handler.slice(handler.lastIndexOf('/') + 1)) && !handler.split('/').includes('..');
  return isWellFormed ? undefined : `must read 'file.export', for instance '${example}'`;
}
