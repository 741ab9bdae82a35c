import {
  ASYNC_STATES,
  isQueueName,
  isVersionNumber,
  knownRequestId,
  MOST_WAIT_MS,
  type AsyncDetail,
  type AsyncQuery,
  type AsyncResult,
  type FunctionName,
  type RequestId,
  type VersionNumber,
} from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Entries of a page, unless the request says otherwise, and at most. */
const PAGE = 50;
const MOST_ENTRIES = 1000;

function bad(what: string): never {
  throw lamError('LAM_EDGE_BAD_REQUEST', { what });
}

function functionOf(text: unknown): FunctionName {
  return typeof text === 'string' && isQueueName(text) ? text : bad(`'${String(text)}' is not a function's name`);
}

function countOf(text: string | null, name: string, most: number): number | undefined {
  if (text === null) return undefined;
  const count = Number(text);
  return Number.isInteger(count) && count >= 0 && count <= most ? count : bad(`'${name}' is not 0 to ${most}: ${text}`);
}

/** The parameters of a list. Throws `LAM_EDGE_BAD_REQUEST`. */
export function asyncQueryOf(parameters: URLSearchParams): AsyncQuery {
  const functionName = parameters.get('function');
  const wanted = parameters.get('state');
  const state = ASYNC_STATES.find((one) => one === wanted?.toUpperCase());
  if (wanted !== null && state === undefined) return bad(`'state' is not one of ${ASYNC_STATES.join(', ')}: ${wanted}`);
  const after = parameters.get('after');
  if (after !== null && !/^[0-9]{1,15}$/.test(after)) return bad(`'after' is not the 'next' of a page: ${after}`);
  return {
    ...(functionName === null ? {} : { functionName: functionOf(functionName) }),
    ...(state === undefined ? {} : { state }),
    ...(parameters.get('dead') === '1' ? { dead: true } : {}),
    limit: countOf(parameters.get('limit'), 'limit', MOST_ENTRIES) ?? PAGE,
    ...(after === null ? {} : { after }),
  };
}

/** How long a request for a result waits (ms). Throws `LAM_EDGE_BAD_REQUEST`. */
export function waitOf(parameters: URLSearchParams): number {
  return countOf(parameters.get('wait'), 'wait', MOST_WAIT_MS) ?? 0;
}

/** The version of a retry, if it names one. Throws `LAM_EDGE_BAD_REQUEST`. */
export function retryOf({ version }: Fields): VersionNumber | undefined {
  if (version === undefined || version === null) return undefined;
  return typeof version === 'number' && isVersionNumber(version) ? version : bad("'version' is not a version number");
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** The dead letters of a request. Throws `LAM_EDGE_BAD_REQUEST`. */
export function deadLettersOf({ function: name, ids }: Fields): {
  readonly functionName?: FunctionName;
  readonly ids?: readonly RequestId[];
} {
  if (ids !== undefined && !isTexts(ids)) return bad("'ids' is not a list of strings");
  return {
    ...(name === undefined ? {} : { functionName: functionOf(name) }),
    ...(ids === undefined ? {} : { ids: ids.map((id) => knownRequestId(id)) }),
  };
}

/** An invocation as the API answers it. */
export function asyncResultOf({ payload, ...detail }: AsyncDetail): AsyncResult {
  return payload === undefined ? detail : { ...detail, payload: Buffer.from(payload).toString() };
}
