import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  API_KEY_ROLES,
  isApiKeyName,
  isFunctionPattern,
  KEY_SCOPES,
  roleOf,
  ROLE_SCOPES,
  type ApiKeyDetail,
  type ApiKeyName,
  type ApiKeyRole,
} from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { Mutex } from '../../kit/index.ts';
import { writeFileAtomic } from '../disk/atomic-file.ts';
import { errnoOf, storeError } from '../disk/io-errors.ts';
import { keepAside } from '../disk/keep-aside.ts';
import { accessKeyIdOf } from './access-key-id.ts';

/** 1: keys had roles in place of scopes, and signed nothing. */
const SCHEMA = 2;
/** Ids that lam makes; requests are counted in records of fixed length, which contain them. */
const KEY_ID = /^[a-z0-9-]{1,32}$/;

/** What a new key is made of. */
export type NewApiKey = Omit<ApiKeyDetail, 'role' | 'accessKeyId'> & {
  /** Whether it signs requests of AWS's clients. */
  readonly aws: boolean;
};

/** What of a key can be changed. */
export type ApiKeyChange = Partial<Pick<ApiKeyDetail, 'quota' | 'scopes' | 'functions' | 'expiresAt'>>;

/** A key as it is stored. */
interface ApiKeyRecord extends NewApiKey {
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
  #index: KeyIndex;

  private constructor(path: string, keys: readonly ApiKeyRecord[]) {
    this.#path = path;
    this.#keys = keys;
    this.#index = indexed(keys);
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

  /** Whether there is a key with scopes, which APIs accept. Cheap. */
  get hasScopes(): boolean {
    return this.#index.hasScopes;
  }

  /** Whether there is a key that signs requests of AWS's clients. Cheap. */
  get hasSigning(): boolean {
    return this.#index.byAccessKey.size > 0;
  }

  /** Ids of all keys. */
  ids(): ReadonlySet<string> {
    return new Set(this.#keys.map(({ id }) => id));
  }

  /** The key that a caller sent, also if it has expired; undefined for any other text. */
  identify(key: string): ApiKeyDetail | undefined {
    return this.#keys.length === 0 ? undefined : this.#index.byHash.get(hashOf(key));
  }

  /** The key with an access key id, also if it has expired. */
  byAccessKey(accessKeyId: string): ApiKeyDetail | undefined {
    return this.#index.byAccessKey.get(accessKeyId);
  }

  /** The key with an id, also if it has expired. */
  byId(id: string): ApiKeyDetail | undefined {
    return this.#index.byId.get(id);
  }

  /** Adds a key; resolves to false where the name is taken. Rejects with a `LAM_STORE_*` error. */
  add(made: NewApiKey, key: string): Promise<boolean> {
    return this.#changes.run(async () => {
      if (this.#keys.some(({ name }) => name === made.name)) return false;
      await this.#write([...this.#keys, { ...made, hash: hashOf(key) }]);
      return true;
    });
  }

  /**
   * Changes a key; resolves to it, or to undefined where there was none. Rejects with a `LAM_STORE_*` error.
   */
  change(name: ApiKeyName, change: ApiKeyChange): Promise<ApiKeyDetail | undefined> {
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
    this.#index = indexed(keys);
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

interface KeyIndex {
  readonly byHash: ReadonlyMap<string, ApiKeyDetail>;
  readonly byId: ReadonlyMap<string, ApiKeyDetail>;
  readonly byAccessKey: ReadonlyMap<string, ApiKeyDetail>;
  readonly hasScopes: boolean;
}

function indexed(keys: readonly ApiKeyRecord[]): KeyIndex {
  const byHash = new Map(keys.map((key) => [key.hash, detailOf(key)]));
  const details = [...byHash.values()];
  return {
    byHash,
    byId: new Map(details.map((key) => [key.id, key])),
    byAccessKey: new Map(details.flatMap((key) => (key.accessKeyId === null ? [] : [[key.accessKeyId, key]]))),
    hasScopes: details.some(({ scopes }) => scopes.length > 0),
  };
}

function detailOf(record: ApiKeyRecord): ApiKeyDetail {
  const { hash: _, aws, ...rest } = record;
  return { ...rest, role: roleOf(rest.scopes), accessKeyId: aws ? accessKeyIdOf(rest.id) : null };
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
  const isKnown = schema === SCHEMA || schema === 1;
  const isSound = isKnown && Array.isArray(keys) && (keys as unknown[]).every(isRecord);
  if (!isSound)
    throw lamError('LAM_STORE_CORRUPT', { path, kept: await keepAside(path), why: 'it is no list of keys' });
  return (keys as StoredKey[]).map(migrated);
}

/** A key as some version of lam has stored it: the first ones had neither quotas nor roles. */
type StoredKey = Omit<ApiKeyRecord, Added> & Partial<ApiKeyRecord> & { readonly role?: ApiKeyRole | null };
type Added = 'quota' | 'scopes' | 'functions' | 'aws';

function migrated({ role, ...key }: StoredKey): ApiKeyRecord {
  const ofRole = role === undefined || role === null ? [] : ROLE_SCOPES[role];
  const { quota = null, scopes = ofRole, functions = [], aws = false } = key;
  return { ...key, quota, scopes, functions, aws };
}

/** The file may have been edited or damaged. */
function isRecord(value: unknown): value is ApiKeyRecord {
  const stored = (value ?? {}) as Partial<StoredKey>;
  const { name, id, prefix, createdAt, expiresAt, by, hash } = stored;
  const isText = [name, id, prefix, by].every((text) => typeof text === 'string');
  const isTime = Number.isFinite(createdAt) && (expiresAt === null || Number.isFinite(expiresAt));
  return (
    isText &&
    isTime &&
    hasRights(stored) &&
    KEY_ID.test(id ?? '') &&
    isApiKeyName(name ?? '') &&
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash)
  );
}

function hasRights({ quota, role, scopes = [], functions = [], aws = false }: Partial<StoredKey>): boolean {
  const isQuota = quota === undefined || quota === null || Number.isSafeInteger(quota);
  const isRole = role === undefined || role === null || API_KEY_ROLES.includes(role);
  const areScopes = Array.isArray(scopes) && scopes.every((scope) => KEY_SCOPES.includes(scope));
  const arePatterns = Array.isArray(functions) && functions.every((text) => isFunctionPattern(String(text)));
  return isQuota && isRole && areScopes && arePatterns && typeof aws === 'boolean';
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
