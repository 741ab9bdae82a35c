import {
  parseVersionNumber,
  type AliasName,
  type AliasRouting,
  type FunctionName,
  type VersionNumber,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { FunctionRecord } from '../store/index.ts';
import { requireVersion } from './records.ts';
import type { Revision } from './revision.ts';

/** The names that HTTP allows for a header (RFC 9110, 5.6.2), in lower case. */
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/**
 * Checks the routing of an alias that points at `version`. Returns it with weights in the order of their versions, or
 * undefined if all requests reach `version`. Throws `LAM_REGISTRY_ALIAS_WEIGHTS` or `LAM_REGISTRY_VERSION_NOT_FOUND`.
 */
export function checkRouting(
  record: FunctionRecord,
  alias: AliasName,
  { version, routing }: { readonly version: VersionNumber; readonly routing?: AliasRouting | undefined },
): AliasRouting | undefined {
  if (routing === undefined) return undefined;
  const refuse = (what: string): never => {
    throw lamError('LAM_REGISTRY_ALIAS_WEIGHTS', { alias, what });
  };
  const { weights, sticky } = routing;
  const entries: [string, number][] = [];
  let sum = 0;
  for (const [text, weight] of Object.entries(weights)) {
    const number = parseVersionNumber(text) ?? refuse(`'${text}' is not a version number`);
    if (typeof weight !== 'number' || !(weight > 0 && weight <= 100))
      refuse(`the weight of v${number} must be a percentage above 0 and at most 100`);
    if (number === version) refuse(`v${number} is the alias's own version, which receives the rest`);
    requireVersion(record, number);
    entries.push([String(number), weight]);
    sum += weight;
  }
  if (sum > 100) refuse(`the weights are ${sum} % together; at most 100 % can be given away`);
  if (sticky !== undefined && !HEADER_NAME.test(sticky)) refuse(`'${sticky}' is not the name of a header`);
  if (entries.length === 0) return undefined;
  entries.sort(([a], [b]) => Number(a) - Number(b));
  return { weights: Object.fromEntries(entries), ...(sticky === undefined ? {} : { sticky }) };
}

/** Header values by name in lower case. */
type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What decides which version of a weighted alias serves a request. */
export interface RoutingKey {
  /** Different for each request, and the same when a request is tried again. */
  readonly requestId: string;
  readonly headers?: RequestHeaders | undefined;
}

/** Divides the requests of a weighted alias among revisions. */
export class AliasDivision {
  readonly #salt: string;
  readonly #sticky: string | undefined;
  readonly #own: Revision;
  readonly #shares: readonly { readonly revision: Revision; readonly percent: number }[];

  /** @param revisionOf revision of a version number in digits */
  constructor(
    { name, alias }: { readonly name: FunctionName; readonly alias: string },
    own: Revision,
    { weights, sticky }: AliasRouting,
    revisionOf: (version: string) => Revision,
  ) {
    this.#salt = `${name}:${alias}:`;
    this.#sticky = sticky;
    this.#own = own;
    this.#shares = Object.entries(weights).map(([version, percent]) => ({ revision: revisionOf(version), percent }));
  }

  /**
   * The revision for a request; without a key, that of the alias's own version. Keys keep their place from 0 to 100, so
   * a larger weight adds requests to a version and takes none away from it.
   */
  pick(key: RoutingKey | undefined): Revision {
    if (key === undefined) return this.#own;
    const header = this.#sticky === undefined ? undefined : key.headers?.[this.#sticky];
    let place = placeOf(this.#salt + (header === undefined ? key.requestId : String(header)));
    for (const { revision, percent } of this.#shares) {
      if (place < percent) return revision;
      place -= percent;
    }
    return this.#own;
  }
}

/** A place from 0 to below 100, even over all texts: FNV-1a, then the finalizer of MurmurHash3. */
function placeOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * 100;
}
