import type { FunctionName, LogRecord } from '../../../contract/index.ts';
import type { Operations } from '../../../operations/index.ts';

/** Newest records of a function that its logs are made of. */
const MOST_RECORDS = 20_000;

/** What one invocation printed. */
interface GlambdarLog {
  readonly id: number;
  readonly funcName: FunctionName;
  /** ISO 8601. */
  readonly invokedAt: string;
  readonly stdout: string;
  readonly stderr: string;
}

interface Printed {
  readonly at: number;
  stdout: string;
  stderr: string;
}

/**
 * What each invocation of a function printed, newest first, as far as its newest records reach. Throws
 * `LAM_REGISTRY_FUNCTION_NOT_FOUND`.
 */
export async function invocationLogs(
  logs: Pick<Operations['logs'], 'query'>,
  name: FunctionName,
): Promise<readonly GlambdarLog[]> {
  const gathered = new Gathered();
  await logs.query(name, { lines: MOST_RECORDS }, (records) => {
    for (const record of records) gathered.add(record);
  });
  return gathered
    .all()
    .map(({ at, stdout, stderr }, i) => ({
      id: i + 1,
      funcName: name,
      invokedAt: new Date(at).toISOString(),
      stdout,
      stderr,
    }))
    .toReversed();
}

/** Records by invocation. */
class Gathered {
  readonly #byRequest = new Map<string, Printed>();
  /** The last invocation of each sandbox. */
  readonly #lastOf = new Map<string, Printed>();
  /** What each sandbox printed before its first invocation, while its code was loaded. */
  readonly #beforeFirst = new Map<string, Printed>();

  add(record: LogRecord): void {
    const { requestId, sandbox, time, stream, platform, text } = record;
    const printed = requestId === '' ? this.#outside(sandbox, time) : this.#of(requestId, sandbox, time);
    if (stream !== 'platform') printed[stream] += `${text}\n`;
    else if (platform?.type === 'note' || platform?.type === 'init-error') printed.stderr += `${text}\n`;
  }

  /** Oldest first. */
  all(): readonly Printed[] {
    return [...this.#byRequest.values()];
  }

  #of(requestId: string, sandbox: string, time: number): Printed {
    let printed = this.#byRequest.get(requestId);
    if (printed === undefined) {
      const { stdout = '', stderr = '' } = this.#beforeFirst.get(sandbox) ?? {};
      this.#beforeFirst.delete(sandbox);
      printed = { at: time, stdout, stderr };
      this.#byRequest.set(requestId, printed);
    }
    this.#lastOf.set(sandbox, printed);
    return printed;
  }

  #outside(sandbox: string, time: number): Printed {
    const known = this.#lastOf.get(sandbox) ?? this.#beforeFirst.get(sandbox);
    if (known !== undefined) return known;
    const made = { at: time, stdout: '', stderr: '' };
    this.#beforeFirst.set(sandbox, made);
    return made;
  }
}
