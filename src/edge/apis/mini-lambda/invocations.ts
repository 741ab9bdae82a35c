import {
  isFunctionName,
  knownRequestId,
  type AsyncDetail,
  type AsyncInvocation,
  type AsyncState,
  type RequestId,
} from '../../../contract/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { MiniFunctions } from './functions.ts';
import { messageOf, outputOf, ownLines, TIMED_OUT } from './invoke.ts';

/** An asynchronous invocation, in Mini-Lambda's form. Times are ISO 8601. */
interface MiniInvocation {
  readonly id: string;
  readonly function_id: string;
  readonly status: 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED';
  readonly result: { readonly output: string; readonly logs: string; readonly duration_ms: number } | null;
  /** Empty unless it failed. */
  readonly error: string;
  readonly created_at: string;
  readonly completed_at: string | null;
}

/** Invocations that a list holds unless it is asked for more or fewer, and at most. */
const LISTED = 100;
const MOST_LISTED = 1000;

const STATUS: Readonly<Record<AsyncState, MiniInvocation['status']>> = {
  PENDING: 'PENDING',
  RUNNING: 'RUNNING',
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'FAILED',
};

type Rooms = Pick<Operations, 'async'>;

/** An invocation. Throws `LAM_OPERATIONS_INVOCATION_NOT_FOUND`. */
export async function invocation(
  { async }: Rooms,
  functions: Pick<MiniFunctions, 'idOf'>,
  id: string,
): Promise<MiniInvocation> {
  return viewOf(await async.get(knownRequestId(id), 0), functions);
}

/** The newest invocations first. @param query of the request, in which `limit` says how many */
// oxlint-disable-next-line max-params -- the rooms, and what is asked for
export async function invocations(
  { async }: Rooms,
  functions: Pick<MiniFunctions, 'idOf'>,
  query: string,
  isDead: boolean,
): Promise<readonly MiniInvocation[]> {
  const asked = Number(new URLSearchParams(query).get('limit') ?? LISTED);
  const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, MOST_LISTED) : LISTED;
  const page = await async.list({ limit, ...(isDead ? { dead: true } : {}) });
  // Records on their way to destinations have names that no function has.
  const ids = page.invocations.flatMap(({ id, functionName }: AsyncInvocation) =>
    isFunctionName(functionName) ? [id] : [],
  );
  const details = await Promise.all(ids.map((id) => found(async, id)));
  return details.flatMap((detail) => (detail === undefined ? [] : [viewOf(detail, functions)]));
}

/** Undefined for one that was deleted since it was listed. */
function found(async: Operations['async'], id: RequestId): Promise<AsyncDetail | undefined> {
  return async.get(id, 0).catch(() => undefined);
}

function viewOf(detail: AsyncDetail, functions: Pick<MiniFunctions, 'idOf'>): MiniInvocation {
  const { id, functionName, state, acceptedAt, finishedAt, history, payload, isTruncated, log = '' } = detail;
  const text = payload === undefined ? '' : Buffer.from(payload).toString();
  const last = history.at(-1);
  const result = {
    output: outputOf(text, isTruncated === true),
    logs: ownLines(log),
    duration_ms: Math.round(last?.durationMs ?? 0),
  };
  return {
    id,
    function_id: functions.idOf(functionName),
    status: STATUS[state],
    result: state === 'COMPLETED' ? result : null,
    error: errorOf(detail, text),
    created_at: new Date(acceptedAt).toISOString(),
    completed_at: finishedAt === undefined ? null : new Date(finishedAt).toISOString(),
  };
}

function errorOf({ state, history, dead }: AsyncDetail, text: string): string {
  if (state === 'CANCELLED') return 'cancelled';
  if (state !== 'FAILED') return '';
  if (history.at(-1)?.status === 'timeout') return TIMED_OUT;
  return text === '' ? (history.at(-1)?.errorType ?? dead ?? 'failed') : messageOf(text);
}
