import { API_KEY_ROLES, ROLE_SCOPES, type ApiKeyDetail, type ApiKeyRole } from '../../../contract/index.ts';
import { isLamError, lamError } from '../../../errors/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { roleWord } from './access.ts';

type Keys = Operations['apiKeys'];

/** Digits of a key's id that make a number which JavaScript has exactly. */
const ID_DIGITS = 13;
const HEX = 16;

/** The number by which Glambdar's clients know a key. */
function numberOf({ id }: ApiKeyDetail): number {
  return Number.parseInt(id.slice(0, ID_DIGITS), HEX);
}

/** Creates a key. Throws `LAM_EDGE_KEY_REQUEST`, `LAM_EDGE_KEY_EXISTS` and what creating one throws. */
export async function createKey(keys: Keys, body: unknown): Promise<object> {
  const name: unknown = Reflect.get(Object(body), 'name');
  if (typeof name !== 'string' || name === '') throw lamError('LAM_EDGE_KEY_REQUEST', { what: NAME_AND_ROLE });
  const role = roleIn(body, NAME_AND_ROLE);
  try {
    const { key } = await keys.create({ name, role, by: 'Glambdar API', aws: false });
    return { name, role, apiKey: key };
  } catch (thrown) {
    if (isLamError(thrown) && thrown.code === 'LAM_OPERATIONS_KEY_EXISTS') throw lamError('LAM_EDGE_KEY_EXISTS', {});
    throw thrown;
  }
}

/** The keys with scopes. */
export function listKeys(keys: Keys): object {
  return {
    keys: withScopes(keys).map((key) => ({
      id: numberOf(key),
      keyPrefix: key.prefix,
      name: key.name,
      role: roleWord({ rights: key }),
      isRoot: false,
      createdAt: new Date(key.createdAt).toISOString(),
    })),
  };
}

/** Changes a key's role. Throws `LAM_EDGE_KEY_REQUEST`, `LAM_EDGE_KEY_NOT_FOUND`. */
export async function changeKey(keys: Keys, id: string, body: unknown): Promise<object> {
  const found = keyOf(keys, id);
  const role = roleIn(body, 'invalid request: role is required');
  const { name } = await keys.update(found.name, { scopes: ROLE_SCOPES[role] });
  return { id: numberOf(found), name, role, status: 'updated' };
}

/** Revokes a key. Throws `LAM_EDGE_KEY_REQUEST`, `LAM_EDGE_KEY_NOT_FOUND`. */
export async function revokeKey(keys: Keys, id: string): Promise<object> {
  const found = keyOf(keys, id);
  await keys.revoke(found.name);
  return { id: numberOf(found), name: found.name, status: 'revoked' };
}

const NAME_AND_ROLE = 'invalid request: name and role are required';

function withScopes(keys: Keys): readonly ApiKeyDetail[] {
  return keys.list().filter(({ scopes }) => scopes.length > 0);
}

function keyOf(keys: Keys, id: string): ApiKeyDetail {
  if (!/^[0-9]{1,20}$/.test(id)) throw lamError('LAM_EDGE_KEY_REQUEST', { what: 'invalid key ID' });
  const found = withScopes(keys).find((key) => String(numberOf(key)) === id);
  if (found === undefined) throw lamError('LAM_EDGE_KEY_NOT_FOUND', {});
  return found;
}

/** The role in a body. Throws `LAM_EDGE_KEY_REQUEST` with `missing` where it has none. */
function roleIn(body: unknown, missing: string): ApiKeyRole {
  const text: unknown = Reflect.get(Object(body), 'role');
  if (typeof text !== 'string' || text === '') throw lamError('LAM_EDGE_KEY_REQUEST', { what: missing });
  const role = API_KEY_ROLES.find((one) => one === text);
  if (role === undefined) throw lamError('LAM_EDGE_KEY_REQUEST', { what: `invalid role: ${JSON.stringify(text)}` });
  return role;
}
