import type { HandlerGrammar } from './descriptor.ts';

/** Returns the file of a handler `dir/file.export`, up to the first dot of its last part. */
export function fileOfHandler(handler: string): string {
  const dot = handler.indexOf('.', handler.lastIndexOf('/') + 1);
  return dot === -1 ? handler : handler.slice(0, dot);
}

/**
 * Returns the fault of a handler that is not `file.export`, else undefined. `example`: the default handler of the
 * grammar.
 */
export function fileAndExportFault(handler: string, example: string): string | undefined {
  const isWellFormed =
    /^[^.]*\.[^/]*[^/.]$/.test(handler.slice(handler.lastIndexOf('/') + 1)) && !handler.split('/').includes('..');
  return isWellFormed ? undefined : `must read 'file.export', for instance '${example}'`;
}

/** Returns the grammar of handlers that are `file.export`, with the default handler `example`. */
export function fileAndExport(example: string): HandlerGrammar {
  return {
    default: example,
    file: fileOfHandler,
    fault: (handler) => fileAndExportFault(handler, example),
  };
}
