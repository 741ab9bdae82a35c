import { eachLimited } from '../../kit/index.ts';
import {
  isSignatureTag,
  manifestNotes,
  readFunctionIndex,
  RegistryConnection,
  RemoteRepository,
  repositoriesOf,
  type OciOptions,
} from '../../oci/index.ts';

/** A function that was found. */
export interface FoundFunction {
  readonly name: string;
  /** As `lam deploy` takes it. */
  readonly reference: string;
  readonly runtime: string;
  readonly description: string;
  /** The tags of its repository; empty for one of an index. */
  readonly tags: readonly string[];
}

/** Repositories that are looked into at a time, and most that are. */
const AT_ONCE = 4;
const MOST = 200;

/** The functions of an index that have the term in name, description, keywords or reference; all for an empty term. */
export async function searchIndex(
  term: string,
  place: string,
  env: OciOptions['env'],
): Promise<readonly FoundFunction[]> {
  const entries = await readFunctionIndex(place, env);
  return entries
    .filter(({ name, description, reference, keywords }) => has(term, name, description, reference, ...keywords))
    .map(({ name, reference, runtime, description }) => ({ name, reference, runtime, description, tags: [] }))
    .toSorted(byRank(term));
}

/**
 * The functions in a registry whose repository has the term in its name, or whose newest tag says it in its description.
 * Repositories of other things are left out. Throws `LAM_OCI_*`.
 */
export async function searchRegistry(term: string, host: string, oci: OciOptions): Promise<readonly FoundFunction[]> {
  using connection = new RegistryConnection(host, oci);
  const found: FoundFunction[] = [];
  const names = await repositoriesOf(connection);
  const likely = names.toSorted((a, b) => Number(has(term, b)) - Number(has(term, a))).slice(0, MOST);
  await eachLimited(likely, AT_ONCE, async (name) => {
    const repository = new RemoteRepository(connection, name);
    const tags = ((await repository.tags()) ?? []).filter((tag) => !isSignatureTag(tag));
    const tag = tags.includes('latest') ? 'latest' : tags.toSorted(byNumber).at(-1);
    const raw = tag === undefined ? undefined : await repository.manifest(tag);
    const notes = raw === undefined ? undefined : manifestNotes(raw);
    if (notes === undefined || !has(term, name, notes.name, notes.description)) return;
    const { runtime, description } = notes;
    found.push({ name: notes.name, reference: `${host}/${name}:${tag ?? ''}`, runtime, description, tags });
  });
  return found.toSorted(byRank(term));
}

function has(term: string, ...texts: readonly string[]): boolean {
  return texts.some((text) => text.toLowerCase().includes(term.toLowerCase()));
}

/** Those first that have the term in their name; then by name. */
function byRank(term: string): (a: FoundFunction, b: FoundFunction) => number {
  return (a, b) => Number(has(term, b.name)) - Number(has(term, a.name)) || byNumber(a.reference, b.reference);
}

/** `v10` after `v9`. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
