import { entry } from '../entry.ts';

export const BUILD = {
  LAM_BUILD_FAILED: entry<{
    function: string;
    command: string;
    /** Null when a signal ended the command. */
    exitCode: number | null;
    /** The last lines it printed, oldest first. */
    output: readonly string[];
  }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) =>
      [
        `building '${d.function}' failed: '${d.command}' ${d.exitCode === null ? 'was ended by a signal' : `exited with code ${d.exitCode}`}`,
        ...d.output.map((line) => `  ${line}`),
      ].join('\n'),
    hint: () => 'correct what the lines above report, then deploy again',
  }),
  LAM_BUILD_TOOL_MISSING: entry<{ function: string; tool: string; why: string }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `building '${d.function}' needs '${d.tool}' (${d.why}), which is not on the PATH`,
    hint: (d) =>
      `install ${d.tool}, or set 'build: {dependencies: none}' in lam.yaml and provide the dependencies yourself`,
  }),
  LAM_BUILD_SYMLINK_ESCAPES: entry<{ function: string; path: string; target: string; why: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: the symbolic link '${d.path}' to '${d.target}' ${d.why}`,
    hint: () => "replace the link with the file, exclude it in .lamignore, or set 'build: {bundle: true}' in lam.yaml",
  }),
  LAM_BUILD_TOO_LARGE: entry<{ function: string; what: string; limit: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: it holds ${d.what}; the limit is ${d.limit}`,
    hint: () => 'exclude files in .lamignore',
  }),
  LAM_BUILD_UNREADABLE: entry<{ function: string; path: string; reason: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: '${d.path}' can't be read (${d.reason})`,
    hint: () => 'make the file readable, or exclude it in .lamignore',
  }),
  LAM_BUILD_PATH_INVALID: entry<{ function: string; path: string; why: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: the name '${d.path}' ${d.why}`,
    hint: () => 'rename the file, or exclude it in .lamignore',
  }),
  LAM_BUILD_EMPTY: entry<{ function: string; directory: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.function}' can't be packaged: '${d.directory}' holds no file to package`,
    hint: () => "add the handler's file, or check whether .lamignore excludes it",
  }),
  LAM_BUILD_FILE_LOST: entry<{ path: string; reason: string }>({
    kind: 'build_failed',
    fault: 'caller',
    message: (d) => `'${d.path}' could not be read while it was packed (${d.reason})`,
    hint: () => 'deploy again, and change no file during the deploy',
  }),
  LAM_BUILD_CANCELLED: entry<{ function: string }>({
    kind: 'cancelled',
    fault: 'caller',
    message: (d) => `building '${d.function}' was cancelled`,
  }),
} as const;
