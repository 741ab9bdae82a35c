import { isFunctionName, type ConfigInput, type FunctionDetail, type FunctionName } from '../../../contract/index.ts';
import { isLamError, lamError } from '../../../errors/index.ts';
import { derivedUuid } from '../../../kit/index.ts';
import type { Operations } from '../../../operations/index.ts';

/** A function, in Mini-Lambda's form. */
export interface MiniFunction {
  readonly id: string;
  readonly name: FunctionName;
  /** The image as it was named; empty for a function that runs none. */
  readonly image: string;
  /** ISO 8601. */
  readonly created_at: string;
}

/** Time limit of functions that are registered without one (s), and memory of a sandbox (MiB), as in Mini-Lambda. */
const DEFAULT_SECONDS = 120;
const MEMORY_MIB = 256;

/** What a caller may use of functions. */
type Rooms = Pick<Operations, 'functions' | 'images' | 'versions'>;

/** The ids by which Mini-Lambda's clients know functions: each stays for as long as its function exists. */
export class MiniFunctions {
  readonly #operations: Pick<Operations, 'functions' | 'runtime'>;
  readonly #generation: () => number;
  #ids: ReadonlyMap<string, FunctionName> = new Map();
  #names: ReadonlyMap<FunctionName, string> = new Map();
  /** When the ids were derived. */
  #known: number | undefined;

  /**
   * @param operations unguarded: ids reveal nothing
   * @param generation changes whenever a function is added or removed
   */
  constructor(operations: Pick<Operations, 'functions' | 'runtime'>, generation: () => number) {
    this.#operations = operations;
    this.#generation = generation;
  }

  /** All functions that the caller may see, by name. */
  list({ functions }: Pick<Rooms, 'functions'>): readonly MiniFunction[] {
    return functions.names().map((name) => this.#of(functions.detail(name)));
  }

  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`. @param text id or name */
  get({ functions }: Pick<Rooms, 'functions'>, text: string): MiniFunction {
    return this.#of(functions.detail(this.nameOf(text)));
  }

  /** The function with an id or a name. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` for what is neither. */
  nameOf(text: string): FunctionName {
    this.#derive();
    return this.#ids.get(text) ?? this.#operations.functions.named(text);
  }

  /** The id of a function; empty for one that is gone. */
  idOf(name: FunctionName): string {
    this.#derive();
    return this.#names.get(name) ?? '';
  }

  /**
   * Registers a function, or gives one that runs an image another one: its next version. Throws `LAM_EDGE_MINI_BODY`,
   * `LAM_EDGE_FUNCTION_EXISTS` for a function of another kind, and what finding the image and publishing throw.
   */
  async register(operations: Rooms, body: unknown): Promise<MiniFunction> {
    const { name, image, config } = registrationIn(body);
    if (find(operations, name)?.config.image === null) throw lamError('LAM_EDGE_FUNCTION_EXISTS', { name });
    const { images, versions } = operations;
    const { artifact, runtime, handler } = await images.codeOf(image);
    const own = { runtime, handler, image, ...config };
    await versions.publish(name, { artifact, config: own, message: `Mini-Lambda API: ${image}` });
    return this.get(operations, name);
  }

  #of({ name, createdAt, config }: FunctionDetail): MiniFunction {
    return {
      id: this.#derived(name, createdAt),
      name,
      image: config.image ?? '',
      created_at: new Date(createdAt).toISOString(),
    };
  }

  #derive(): void {
    const generation = this.#generation();
    if (this.#known === generation) return;
    const { functions } = this.#operations;
    const ids = functions.names().map((name) => [this.#derived(name, functions.detail(name).createdAt), name] as const);
    this.#ids = new Map(ids);
    this.#names = new Map(ids.map(([id, name]) => [name, id]));
    this.#known = generation;
  }

  #derived(name: FunctionName, createdAt: number): string {
    return derivedUuid(['mini-lambda', this.#operations.runtime.status().node, name, String(createdAt)]);
  }
}

function find({ functions }: Pick<Rooms, 'functions'>, name: FunctionName): FunctionDetail | undefined {
  try {
    return functions.detail(name);
  } catch (error) {
    if (isLamError(error) && error.kind === 'not_found') return undefined;
    throw error;
  }
}

interface Registration {
  readonly name: FunctionName;
  readonly image: string;
  readonly config: ConfigInput;
}

type Members = Readonly<Record<string, unknown>>;

/** Reads what is to be registered. Throws `LAM_EDGE_MINI_BODY` or `LAM_REGISTRY_INVALID_NAME`. */
function registrationIn(body: unknown): Registration {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('it is no JSON object');
  const given = body as Members;
  const image = textIn(given, 'image') ?? '';
  if (image === '') throw invalid("'image' is missing");
  const name = textIn(given, 'name') || plainName(image);
  if (!isFunctionName(name)) throw lamError('LAM_REGISTRY_INVALID_NAME', { name });
  // What would keep strangers out must not be passed over.
  if (given['webhook_secret'] !== undefined && given['webhook_secret'] !== '')
    throw invalid("'webhook_secret' is not supported; webhooks are triggers in lam.yaml");
  const isOnline = given['allow_network'] ?? true;
  if (typeof isOnline !== 'boolean') throw invalid("'allow_network' is neither true nor false");
  return {
    name,
    image,
    config: {
      timeoutMs: (numberIn(given, 'timeout_sec') ?? DEFAULT_SECONDS) * 1000,
      memoryMiB: numberIn(given, 'memory_mb') ?? MEMORY_MIB,
      environment: environmentIn(given['env']),
      network: isOnline ? 'on' : 'none',
      // A failure is told at once.
      maximumRetryAttempts: 0,
    },
  };
}

function textIn(given: Members, name: string): string | undefined {
  const value = given[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw invalid(`'${name}' is no text`);
  return value;
}

/** 0 counts as none, as in Mini-Lambda. */
function numberIn(given: Members, name: string): number | undefined {
  const value = given[name] ?? undefined;
  if (value === undefined || value === 0) return undefined;
  if (typeof value !== 'number') throw invalid(`'${name}' is no number`);
  return value;
}

function environmentIn(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  const isMap = typeof value === 'object' && !Array.isArray(value);
  if (!isMap || !Object.values(value).every((one) => typeof one === 'string'))
    throw invalid("'env' is no object of texts");
  return { ...(value as Record<string, string>) };
}

/** The name of an image without registry, folders and tag. */
function plainName(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1).replace(/[:@].*$/, '');
}

function invalid(why: string): Error {
  return lamError('LAM_EDGE_MINI_BODY', { what: 'invalid body', why });
}
