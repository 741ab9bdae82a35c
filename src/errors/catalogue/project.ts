import { entry } from '../entry.ts';

export const PROJECT = {
  LAM_PROJECT_UNKNOWN_TRIGGER_TYPE: entry<{ type: string; known: readonly string[]; nearest?: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `unknown type of trigger '${d.type}'`,
    hint: (d) => `${d.nearest === undefined ? '' : `did you mean '${d.nearest}'? `}use one of ${d.known.join(', ')}`,
  }),
  LAM_PROJECT_BAD_TRIGGER: entry<{ type: string; faults: readonly string[]; example: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the trigger of type ${d.type} is not valid: ${d.faults.join('; ')}`,
    hint: (d) => `for instance: ${d.example}`,
  }),
  LAM_PROJECT_NOT_FOUND: entry<{ from: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `no lam.yaml in '${d.from}' or any folder above it`,
    hint: () => 'go to the folder of a project, or make one: lam init hello --runtime nodejs',
  }),
  LAM_PROJECT_INVALID: entry<{
    file: string;
    /** Line and column count from 1; `path` is a JSON pointer into the file, empty for the whole of it. */
    faults: readonly {
      readonly line: number;
      readonly column: number;
      readonly path: string;
      readonly message: string;
    }[];
  }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) =>
      [`'${d.file}' is not valid:`, ...d.faults.map((f) => `  ${f.line}:${f.column}  ${f.message}`)].join('\n'),
    hint: () => 'correct the lines named above, then run the command again',
  }),
} as const;
