import type { FunctionName, KeyScope, RequestId } from '../../contract/index.ts';
import type { Operations } from '../operations.ts';

/** What an operation needs, what it is about, and what of it is noted. */
interface RuleOf<A extends readonly unknown[], R> {
  /** Scopes of which one is enough. */
  readonly scopes: readonly KeyScope[];
  /** The function that it is about; undefined where a request names none. */
  readonly of?: (...args: A) => string | undefined;
  /** Asynchronous invocations that it is about, whose functions a key must reach. */
  readonly ids?: (...args: A) => readonly RequestId[];
  /** It is about functions in general unless it names one, so that a key for some of them does not allow it. */
  readonly isWide?: true;
  /** Leaves out what the caller does not reach. */
  readonly keep?: (result: R, isReached: (name: string) => boolean) => R;
  /** It changes something, unless what it is given says otherwise. */
  readonly changes?: (...args: A) => boolean;
  /** What else it is about: a version, an alias, a key. Never a secret. */
  readonly target?: (result: R | undefined, ...args: A) => string | undefined;
}

type Rule<M> = M extends (...args: infer A) => infer R ? RuleOf<A, Awaited<R>> : never;

/** A rule for each operation: one without would not compile. */
export type Rules = {
  readonly [S in keyof Operations]: { readonly [M in keyof Operations[S]]: Rule<Operations[S][M]> };
};

/** A rule of any operation. */
export type AnyRule = RuleOf<readonly unknown[], unknown>;

const LOOK: readonly KeyScope[] = ['read', 'deploy'];
const READ: readonly KeyScope[] = ['read'];
const DEPLOY: readonly KeyScope[] = ['deploy'];
const INVOKE: readonly KeyScope[] = ['invoke'];
const ADMIN: readonly KeyScope[] = ['admin'];
const ANY: readonly KeyScope[] = ['invoke', 'deploy', 'read'];

const always = (): boolean => true;
const first = (name: FunctionName): string => name;
const unlessDry = (_: unknown, { dryRun }: { readonly dryRun?: boolean }): boolean => dryRun !== true;

/** Those of a record by function, or by the names of its queues (`orders:onFailure`), that the caller reaches. */
function ofReached<T>(
  record: Readonly<Record<string, T>>,
  isReached: (name: string) => boolean,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => isReached(functionOfQueue(name))));
}

/** The function of a queue of events. */
function functionOfQueue(name: string): string {
  return name.split(':', 1)[0] ?? name;
}

const ASYNC: Rules['async'] = {
  accept: { scopes: INVOKE, of: ({ name }) => name },
  list: {
    scopes: READ,
    of: ({ functionName }) => (functionName === undefined ? undefined : functionOfQueue(functionName)),
    keep: (page, isReached) => ({
      ...page,
      invocations: page.invocations.filter(({ functionName }) => isReached(functionOfQueue(functionName))),
    }),
  },
  get: { scopes: ['read', 'invoke'], ids: (id) => [id] },
  eventOf: { scopes: READ, ids: (id) => [id] },
  cancel: { scopes: INVOKE, ids: (id) => [id], changes: always, target: (_, id) => id },
  retry: { scopes: INVOKE, ids: (id) => [id], changes: always, target: (_, id) => id },
  redrive: {
    scopes: INVOKE,
    of: ({ functionName }) => functionName,
    ids: ({ ids = [] }) => ids,
    isWide: true,
    changes: always,
  },
  purge: {
    scopes: DEPLOY,
    of: ({ functionName }) => functionName,
    ids: ({ ids = [] }) => ids,
    isWide: true,
    changes: always,
  },
  countDead: { scopes: READ, of: ({ functionName }) => functionName, ids: ({ ids = [] }) => ids, isWide: true },
  counts: { scopes: READ, keep: ofReached },
};

const VERSIONS: Rules['versions'] = {
  publish: {
    scopes: DEPLOY,
    of: first,
    changes: unlessDry,
    target: (answer) => (answer === undefined ? undefined : `version ${answer.version}`),
  },
  amend: {
    scopes: DEPLOY,
    of: first,
    changes: always,
    target: (answer) => (answer === undefined ? undefined : `version ${answer.version}`),
  },
  rollback: {
    scopes: DEPLOY,
    of: first,
    changes: unlessDry,
    target: (answer) => (answer === undefined ? undefined : `version ${answer.to}`),
  },
  remove: { scopes: DEPLOY, of: first, changes: always, target: (_, __, version) => `version ${version}` },
  detail: { scopes: LOOK, of: first },
  file: { scopes: LOOK, of: first },
};

/** What keys allow, operation by operation. */
export const RULES: Rules = {
  functions: {
    list: { scopes: LOOK, keep: (list, isReached) => list.filter(({ name }) => isReached(name)) },
    names: { scopes: LOOK, keep: (names, isReached) => names.filter((name) => isReached(name)) },
    // Looks at the form of a text alone.
    named: { scopes: ANY },
    detail: { scopes: LOOK, of: first },
    tag: { scopes: LOOK, of: first },
    // What it runs is checked by itself.
    expecting: { scopes: ANY, of: ({ name }) => name },
    changeForeign: { scopes: DEPLOY, of: first, changes: always },
    setOwnUrl: { scopes: DEPLOY, of: first, changes: always, target: () => 'url' },
    remove: { scopes: DEPLOY, of: first, changes: always },
  },
  versions: VERSIONS,
  images: {
    // Names that all functions share: who moves one decides what others run that are made of it.
    receive: {
      scopes: DEPLOY,
      isWide: true,
      changes: always,
      target: (received) => received?.names.join(', '),
    },
    list: { scopes: LOOK },
    remove: { scopes: DEPLOY, isWide: true, changes: always, target: (_, name) => name },
    codeOf: { scopes: DEPLOY },
    lambdaCodeOf: { scopes: DEPLOY },
  },
  config: {
    patch: {
      scopes: DEPLOY,
      of: first,
      changes: always,
      target: (answer) => (answer === undefined ? undefined : `version ${answer.version}`),
    },
  },
  aliases: {
    set: { scopes: DEPLOY, of: first, changes: always, target: (_, __, alias) => `alias ${alias}` },
    remove: { scopes: DEPLOY, of: first, changes: always, target: (_, __, alias) => `alias ${alias}` },
  },
  provisioned: {
    set: { scopes: DEPLOY, of: first, changes: always, target: (_, __, qualifier) => `provisioned ${qualifier}` },
    remove: { scopes: DEPLOY, of: first, changes: always, target: (_, __, qualifier) => `provisioned ${qualifier}` },
    warm: { scopes: LOOK, of: first },
  },
  account: {
    keys: { scopes: LOOK },
    get: { scopes: LOOK },
    set: { scopes: DEPLOY, isWide: true, changes: always, target: (_, key) => key },
  },
  // Content alone, found by its digest: what uses it is a change of its own.
  artifacts: {
    plan: { scopes: DEPLOY },
    receive: { scopes: DEPLOY },
    receiveZip: { scopes: DEPLOY },
    keepZip: { scopes: DEPLOY },
    zipOf: { scopes: LOOK },
    files: { scopes: LOOK },
    merge: { scopes: DEPLOY },
  },
  layers: {
    list: { scopes: LOOK },
    detail: { scopes: LOOK },
    publish: { scopes: DEPLOY, isWide: true, changes: always, target: (_, name) => `layer ${name}` },
    remove: {
      scopes: DEPLOY,
      isWide: true,
      changes: always,
      target: (_, { name, version }) => `layer ${name} version ${version}`,
    },
  },
  apiKeys: {
    list: { scopes: ADMIN },
    create: { scopes: ADMIN, changes: always, target: (_, { name }) => `key ${name}` },
    update: { scopes: ADMIN, changes: always, target: (_, name) => `key ${name}` },
    revoke: { scopes: ADMIN, changes: always, target: (_, name) => `key ${name}` },
  },
  logs: {
    query: { scopes: READ, of: first },
    follow: { scopes: READ, of: first },
    origins: { scopes: READ, of: first },
    storedBytes: { scopes: READ, keep: ofReached },
  },
  async: ASYNC,
  storage: {
    gc: { scopes: ADMIN, changes: ({ dryRun }) => dryRun !== true },
    df: { scopes: READ, isWide: true },
  },
  triggers: {
    list: { scopes: LOOK, keep: (list, isReached) => list.filter(({ functionName }) => isReached(functionName)) },
    detail: { scopes: LOOK, of: ({ functionName }) => functionName },
    tag: { scopes: LOOK, of: ({ functionName }) => functionName },
    expecting: { scopes: ANY, of: ({ functionName }) => functionName },
    setPaused: {
      scopes: DEPLOY,
      of: ({ functionName }) => functionName,
      changes: always,
      target: (_, { type, name }, isPaused) => `${isPaused ? 'pause' : 'resume'} ${type} ${name}`,
    },
    pauseAhead: {
      scopes: DEPLOY,
      of: ({ functionName }) => functionName,
      changes: always,
      target: (_, { type, name }) => `pause ${type} ${name}`,
    },
    run: { scopes: INVOKE, of: ({ functionName }) => functionName },
    test: { scopes: INVOKE, of: ({ functionName }) => functionName },
  },
  runtime: {
    status: { scopes: ANY },
    stop: { scopes: ADMIN, changes: always },
  },
  audit: {
    query: { scopes: ADMIN },
    follow: { scopes: ADMIN },
  },
};
