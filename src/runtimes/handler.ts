/** Fault of a handler that is not `file.export`, for a grammar whose default is `example`; undefined when it is. */
export function fileAndExportFault(handler: string, example: string): string | undefined {
  const isWellFormed =
    /^[^.]*\.[^/]*[^/.]$/.test(handler.slice(handler.lastIndexOf('/') + 1)) && !handler.split('/').includes('..');
  return isWellFormed ? undefined : `must read 'file.export', for instance '${example}'`;
}
