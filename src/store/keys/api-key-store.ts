import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { API_KEY_ROLES, isApiKeyName, type ApiKeyDetail, type ApiKeyName } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { Mutex } from '../../kit/index.ts';
import { writeFileAtomic } from '../disk/atomic-file.ts';
import { errnoOf, storeError } from '../disk/io-errors.ts';
import { keepAside } from '../disk/keep-aside.ts';

const SCHEMA = 1;
/** Ids that lam makes; requests are counted in records of fixed length, which contain them. */
const KEY_ID = /^[a-z0-9-]{1,32}$/;

/** A key as it is stored. */
interface ApiKeyRecord extends ApiKeyDetail {
  /** SHA-256 of the key in hexadecimal digits. A key is random, so that its hash needs no salt and no work factor. */
  readonly hash: string;
}

interface ApiKeysFile {
  readonly schema: number;
  readonly keys: readonly ApiKeyRecord[];
}

/**
 * The API keys of a home, as hashes in a file of their own (mode 0600). Reads are from memory; each change is durable or
 * not made.
 */
export class ApiKeyStore {
  readonly #path: string;
  readonly #changes = new Mutex();
  #keys: readonly ApiKeyRecord[];
  #byHash: ReadonlyMap<string, ApiKeyDetail>;
  #hasRoles: boolean;

  private constructor(path: string, keys: readonly ApiKeyRecord[]) {
    this.#path = path;
    this.#keys = keys;
    this.#byHash = indexed(keys);
    this.#hasRoles = keys.some(({ role }) => role !== null);
  }

  /**
   * Reads the file at `path`; there are no keys where there is none. Throws `LAM_STORE_CORRUPT` (and keeps a copy beside
   * it) or `LAM_STORE_NEWER`; the file is not touched then.
   */
  static async open(path: string): Promise<ApiKeyStore> {
    return new ApiKeyStore(path, await readKeys(path));
  }

  /** All keys, expired ones too, sorted by name. */
  list(): readonly ApiKeyDetail[] {
    return this.#keys.map(detailOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whether there is a key with a role. Cheap. */
  get hasRoles(): boolean {
    return this.#hasRoles;
  }

  /** Ids of all keys. */
  ids(): ReadonlySet<string> {
    return new Set(this.#keys.map(({ id }) => id));
  }

  /** The key that a caller sent, also if it has expired; undefined for any other text. */
  identify(key: string): ApiKeyDetail | undefined {
    return this.#keys.length === 0 ? undefined : this.#byHash.get(hashOf(key));
  }

  /** Adds a key; resolves to false where the name is taken. Rejects with a `LAM_STORE_*` error. */
  add(detail: ApiKeyDetail, key: string): Promise<boolean> {
    return this.#changes.run(async () => {
      if (this.#keys.some(({ name }) => name === detail.name)) return false;
      await this.#write([...this.#keys, { ...detail, hash: hashOf(key) }]);
      return true;
    });
  }

  /**
   * Changes a key's quota or role; resolves to the key, or to undefined where there was none. Rejects with a
   * `LAM_STORE_*` error.
   */
  change(name: ApiKeyName, change: Partial<Pick<ApiKeyDetail, 'quota' | 'role'>>): Promise<ApiKeyDetail | undefined> {
    return this.#changes.run(async () => {
      const found = this.#keys.find((each) => each.name === name);
      if (found === undefined) return undefined;
      const changed = { ...found, ...change };
      await this.#write(this.#keys.map((each) => (each === found ? changed : each)));
      return detailOf(changed);
    });
  }

  /** Removes a key; resolves to it, or to undefined where there was none. Rejects with a `LAM_STORE_*` error. */
  remove(name: ApiKeyName): Promise<ApiKeyDetail | undefined> {
    return this.#changes.run(async () => {
      const found = this.#keys.find((each) => each.name === name);
      if (found === undefined) return undefined;
      await this.#write(this.#keys.filter((each) => each !== found));
      return detailOf(found);
    });
  }

  /** Resolves when all changes requested so far have settled. */
  async settled(): Promise<void> {
    await this.#changes.run(() => Promise.resolve());
  }

  async #write(keys: readonly ApiKeyRecord[]): Promise<void> {
    const file: ApiKeysFile = { schema: SCHEMA, keys };
    await writeFileAtomic(this.#path, `${JSON.stringify(file)}\n`);
    this.#keys = keys;
    this.#byHash = indexed(keys);
    this.#hasRoles = keys.some(({ role }) => role !== null);
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function indexed(keys: readonly ApiKeyRecord[]): ReadonlyMap<string, ApiKeyDetail> {
  return new Map(keys.map((key) => [key.hash, detailOf(key)]));
}

function detailOf({ name, id, prefix, createdAt, expiresAt, by, quota, role }: ApiKeyRecord): ApiKeyDetail {
  return { name, id, prefix, createdAt, expiresAt, by, quota, role };
}

async function readKeys(path: string): Promise<readonly ApiKeyRecord[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw storeError(error, path);
  }
  const data = parsed(text);
  const schema = data?.schema;
  if (typeof schema === 'number' && schema > SCHEMA)
    throw lamError('LAM_STORE_NEWER', { path, schema, supported: SCHEMA });
  const keys: unknown = data?.keys;
  const isSound = schema === SCHEMA && Array.isArray(keys) && (keys as unknown[]).every(isRecord);
  if (!isSound)
    throw lamError('LAM_STORE_CORRUPT', { path, kept: await keepAside(path), why: 'it is no list of keys' });
  // Earlier versions of lam had neither quotas nor roles.
  return (keys as (Omit<ApiKeyRecord, 'quota' | 'role'> & Partial<ApiKeyRecord>)[]).map((key) => ({
    ...key,
    quota: key.quota ?? null,
    role: key.role ?? null,
  }));
}

/** The file may have been edited or damaged. */
function isRecord(value: unknown): value is ApiKeyRecord {
  const { name, id, prefix, createdAt, expiresAt, by, hash, quota, role } = (value ?? {}) as Partial<ApiKeyRecord>;
  const isText = [name, id, prefix, by].every((text) => typeof text === 'string');
  const isTime = Number.isFinite(createdAt) && (expiresAt === null || Number.isFinite(expiresAt));
  const isQuota = quota === undefined || quota === null || Number.isSafeInteger(quota);
  return (
    isText &&
    isTime &&
    isQuota &&
    isRole(role) &&
    KEY_ID.test(id ?? '') &&
    isApiKeyName(name ?? '') &&
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash)
  );
}

function isRole(role: unknown): boolean {
  return role === undefined || role === null || API_KEY_ROLES.some((one) => one === role);
}

function parsed(text: string): Partial<ApiKeysFile> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    // The caller reports it.
    return undefined;
  }
}
