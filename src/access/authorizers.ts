import type { FunctionName } from '../contract/index.ts';
import { invariant, Lru } from '../kit/index.ts';
import type { AccessHost, AuthOptions, AuthScheme, AuthSetting, Authorizer } from './scheme.ts';
import { SCHEMES } from './schemes/list.ts';
import { authOf } from './setting.ts';

/** Authorizers that are kept, with what they remember. */
const MOST = 10_000;

type MakeAuthorizer = (options: AuthOptions, functionName: FunctionName) => Authorizer;

/**
 * The authorizers of all routes. Those of one function with the same settings are one, also over deploys, so that a deploy
 * forgets neither keys nor what was seen.
 */
export class Authorizers {
  readonly #host: AccessHost;
  readonly #schemes = new Map<string, MakeAuthorizer | undefined>();
  readonly #kept = new Lru<Authorizer>(MOST, () => 1);

  constructor(host: AccessHost) {
    this.#host = host;
  }

  /** Returns what authorizes requests to a route of a function; undefined where nothing is checked. */
  of(functionName: FunctionName, setting: AuthSetting | undefined): Authorizer | undefined {
    const options = authOf(setting);
    const make = this.#maker(options.type);
    if (make === undefined) return undefined;
    const key = JSON.stringify([functionName, options]);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const made = make(options, functionName);
    this.#kept.set(key, made);
    return made;
  }

  #maker(type: string): MakeAuthorizer | undefined {
    // A route whose scheme is not known must not be open.
    invariant(Object.hasOwn(SCHEMES, type), `there is a way to authorize called '${type}'`);
    if (this.#schemes.has(type)) return this.#schemes.get(type);
    const make = (SCHEMES[type] as AuthScheme | undefined)?.open?.(this.#host);
    this.#schemes.set(type, make);
    return make;
  }
}
