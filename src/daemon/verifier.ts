import { versionQualifier, type Digest, type LogRecord } from '../contract/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { LogStore } from '../logs/index.ts';
import type { LoadFailure, Verifier } from '../operations/index.ts';
import type { InitFailure, Pool } from '../pool/index.ts';
import type { Registry, Revision } from '../registry/index.ts';
import { exitReason } from '../router/index.ts';

/** Lines of output that a failed check shows. */
const OUTPUT_LINES = 10;
/** Most lines of a stack trace, and most characters of one of its lines, of a message and of a line of output. */
const STACK_LINES = 50;
const TEXT_LENGTH = 4096;

/** Rooms that a {@link Verifier} uses. */
export interface VerifierRooms {
  readonly registry: Registry;
  readonly pool: Pool;
  readonly logs: LogStore;
  readonly clock: Clock;
}

/** Creates the {@link Verifier} of one daemon, which loads code in the pool's sandboxes. */
export function createVerifier({ registry, pool, logs, clock }: VerifierRooms): Verifier {
  const note = ({ revision: { functionName, version }, sandboxId: sandbox }: InitFailure, text: string): void =>
    logs.appendPlatform(functionName, { version, sandbox }, { type: 'note', text }, '', clock.now());
  return {
    async load(revision, signal) {
      const failed = await pool.verify(revision, signal);
      if (failed === undefined) return undefined;
      const reason = reasonOf(failed);
      // An error of the code is in the log already, printed by its bootstrap.
      if (failed.outcome.kind !== 'error')
        note(failed, `the check failed: ${reason.errorType}: ${reason.errorMessage}`);
      const printed = await outputOf(logs, failed);
      const said = firstLine(reason.errorMessage);
      // Bootstraps print the error as well.
      const output = printed.filter((text) => said === '' || !text.includes(said)).slice(-OUTPUT_LINES);
      return inTaskRoot({ ...reason, output }, revision.artifact);
    },
    async discard(revision) {
      const { functionName: name, version } = revision;
      const isDeployed = registry.has(name);
      // Published after all, by a change that failed later.
      if (isPublished(registry, revision)) return;
      pool.drop(name, isDeployed ? version : undefined, lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name }));
      if (!isDeployed) await logs.delete(name);
    },
  };
}

function isPublished(registry: Registry, revision: Revision): boolean {
  try {
    return registry.resolve(revision.functionName, versionQualifier(revision.version)) === revision;
  } catch (thrown) {
    if (isLamError(thrown) && thrown.kind === 'not_found') return false;
    throw thrown;
  }
}

function reasonOf({ outcome, limitMs }: InitFailure): Omit<LoadFailure, 'output'> {
  switch (outcome.kind) {
    case 'error':
      return documentOf(outcome.payload, outcome.errorType);
    case 'exit': {
      const errorType = outcome.exit.outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError';
      return { errorType, errorMessage: exitReason(outcome.exit), stackTrace: [] };
    }
    case 'timeout': {
      const errorMessage = `Init timed out after ${(limitMs / 1000).toFixed(2)} seconds`;
      return { errorType: 'Sandbox.Timedout', errorMessage, stackTrace: [] };
    }
    default:
      return outcome satisfies never;
  }
}

/** Reads an error document, which the code may have made up. Node calls its lines `trace`, Python `stackTrace`. */
function documentOf(payload: Uint8Array, errorType: string): Omit<LoadFailure, 'output'> {
  const text = Buffer.from(payload).toString();
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { errorType, errorMessage: cut(text), stackTrace: [] };
  }
  const fields = (typeof document === 'object' && document !== null ? document : {}) as Record<string, unknown>;
  const lines = fields['trace'] ?? fields['stackTrace'];
  return {
    errorType: typeof fields['errorType'] === 'string' ? fields['errorType'] : errorType,
    errorMessage: typeof fields['errorMessage'] === 'string' ? cut(fields['errorMessage']) : '',
    stackTrace: Array.isArray(lines) ? lines.slice(0, STACK_LINES).map((line) => cut(String(line))) : [],
  };
}

/** What the sandbox printed, oldest first; nothing when the log cannot be read. */
async function outputOf(logs: LogStore, { revision, sandboxId }: InitFailure): Promise<string[]> {
  const texts: string[] = [];
  const query = { version: revision.version, lines: 100 };
  const take = (records: readonly LogRecord[]): void => {
    for (const { sandbox, stream, text } of records)
      if (sandbox === sandboxId && stream !== 'platform') texts.push(cut(text));
  };
  await logs.query(revision.functionName, query, take).catch(() => undefined);
  return texts;
}

/** Names files by their path in the artifact, wherever the driver keeps it. */
function inTaskRoot({ errorType, errorMessage, stackTrace, output }: LoadFailure, artifact: Digest): LoadFailure {
  const root = new RegExp(`(?:/[^\\s'"()]*/artifacts/${artifact}/tree|/var/task)/`, 'g');
  const shorten = (text: string): string => text.replaceAll(root, '');
  return {
    errorType,
    errorMessage: shorten(errorMessage),
    stackTrace: stackTrace.map(shorten),
    output: output.map(shorten),
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1).join('');
}

function cut(text: string): string {
  return text.slice(0, TEXT_LENGTH);
}
