/** Codes by which the system says that a file does not exist (any more). */
export const NO_FILE = ['ENOENT'] as const;
/** Codes by which the system says that a folder does not exist, or is a file. */
export const NO_FOLDER = ['ENOENT', 'ENOTDIR'] as const;
/** Codes of reading below `/proc/PID` after the process ended. */
export const NO_PROCESS = ['ENOENT', 'ESRCH'] as const;
/** Codes of `NO_PROCESS`, and that of the processes of other users, of which an ordinary user sees only the names. */
export const NOT_OURS = [...NO_PROCESS, 'EACCES'] as const;
/** Codes of a socket that the other side closed, perhaps while something was being sent. */
export const CLOSED = ['ECONNRESET', 'EPIPE'] as const;

/** A handler that returns `value` for an error with one of these `code`s and rethrows any other. */
export function ifCode<T>(codes: readonly string[], value: T): (error: unknown) => T {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'string' && codes.includes(code)) return value;
    throw error;
  };
}
