import { entry } from '../entry.ts';

export const SIMULATOR = {
  LAM_SIMULATOR_TRACE_UNREADABLE: entry<{ file: string; why: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the trace '${d.file}' cannot be read: ${d.why}`,
    hint: () => 'give a CSV file that exists, or none for a synthetic trace: lam simulate',
  }),
  LAM_SIMULATOR_TRACE_MALFORMED: entry<{ file: string; line: number; why: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the trace '${d.file}' is malformed in line ${d.line}: ${d.why}`,
    hint: () =>
      "begin with the line 'app,func,end_timestamp,duration' and give times in seconds; see: lam simulate --help",
  }),
  LAM_SIMULATOR_TRACE_EMPTY: entry<{ from: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `${d.from} contains no invocation`,
    hint: () => 'give a trace with invocations, or ask for more: lam simulate --functions 1000 --invocations 1000000',
  }),
  LAM_SIMULATOR_MEMORY_TOO_SMALL: entry<{ memoryMiB: number; leastMiB: number; function: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `${d.memoryMiB} MiB is too little: one sandbox of '${d.function}' takes ${d.leastMiB} MiB`,
    hint: (d) => `give the machine more: lam simulate --memory ${2 * d.leastMiB}`,
  }),
  LAM_SIMULATOR_REPORT_NOT_WRITABLE: entry<{ folder: string; why: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `the report cannot be written to '${d.folder}': ${d.why}`,
    hint: () => 'give a folder that can be written: lam simulate --out ./simulation',
  }),
} as const;
