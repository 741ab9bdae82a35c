import { readFile } from 'node:fs/promises';
import { isLamError, lamError, messageOf } from '../errors/index.ts';
import { bodyOf, HttpCaller, mayLeadTo } from './exchange.ts';
import { reasonOf } from './failures.ts';
import { parseOciReference } from './reference.ts';

/** A function that an index names. */
export interface IndexEntry {
  readonly name: string;
  /** Where it lies, as `lam deploy` takes it. */
  readonly reference: string;
  readonly description: string;
  /** Empty where the index does not say. */
  readonly runtime: string;
  readonly keywords: readonly string[];
}

/** Longest index (bytes), and the schema that is read: schema/index.schema.json. */
const INDEX_BYTES = 16 * 1024 * 1024;
const SCHEMA = 1;
const REDIRECTS = 5;

/**
 * Reads an index of functions: a file, or an http or https URL. Throws `LAM_OCI_INDEX`.
 * @param place absolute path or URL
 */
export async function readFunctionIndex(
  place: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly IndexEntry[]> {
  const invalid = (why: string, cause?: unknown): Error => lamError('LAM_OCI_INDEX', { place, why }, cause);
  const bytes = /^https?:\/\//.test(place)
    ? await fetched(new URL(place), env, invalid).catch((error: unknown) => {
        throw isLamError(error) ? error : invalid(reasonOf(error), error);
      })
    : await readFile(place).catch((error: unknown) => {
        throw invalid(isMissing(error) ? 'there is no such file' : messageOf(error), error);
      });
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw invalid('it is not JSON', error);
  }
  const { schema, functions } = isObject(value) ? value : { schema: undefined, functions: undefined };
  if (typeof schema === 'number' && schema > SCHEMA) throw invalid(`its schema ${schema} is newer than this lam`);
  if (schema !== SCHEMA || !Array.isArray(functions)) throw invalid("it has not 'schema': 1 and a list 'functions'");
  return functions.map((entry: unknown, at) => entryOf(entry, (why) => invalid(`functions[${at}] ${why}`)));
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function fetched(
  url: URL,
  env: Readonly<Record<string, string | undefined>>,
  invalid: (why: string) => Error,
): Promise<Buffer> {
  const caller = new HttpCaller(env);
  try {
    for (let at = url, hop = 0; ; hop += 1) {
      const incoming = await caller.ask({ method: 'GET', url: at, headers: { accept: 'application/json' } });
      const { statusCode: status = 0, headers } = incoming;
      if (status === 200) return await bodyOf(incoming, INDEX_BYTES, 'the index');
      incoming.resume();
      const isMoved = status >= 301 && status <= 308 && headers.location !== undefined;
      if (!isMoved || hop === REDIRECTS) throw invalid(`the server answered ${status}`);
      const next = new URL(headers.location ?? '', at);
      if (!mayLeadTo(at, next)) throw invalid('it leads away from HTTPS');
      at = next;
    }
  } finally {
    caller.close();
  }
}

function entryOf(value: unknown, invalid: (why: string) => Error): IndexEntry {
  if (!isObject(value)) throw invalid('is not an object');
  const { name, reference, description = '', runtime = '', keywords = [] } = value;
  if (typeof name !== 'string' || name === '') throw invalid('has no name');
  if (typeof reference !== 'string') throw invalid('has no reference');
  if (typeof description !== 'string' || typeof runtime !== 'string') throw invalid('has a text that is none');
  if (!Array.isArray(keywords) || !keywords.every((word) => typeof word === 'string'))
    throw invalid('has keywords that are no list of texts');
  try {
    parseOciReference(reference);
  } catch (error) {
    throw invalid(`has the reference '${reference}', which is none: ${messageOf(error)}`);
  }
  return { name, reference, description, runtime, keywords };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
