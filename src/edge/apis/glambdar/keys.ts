import { API_KEY_ROLES, type ApiKeyDetail, type ApiKeyRole } from '../../../contract/index.ts';
import { isLamError, lamError } from '../../../errors/index.ts';
import type { Operations } from '../../../operations/index.ts';

type Keys = Operations['apiKeys'];
type RoleKey = ApiKeyDetail & { readonly role: ApiKeyRole };

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
    const { key } = await keys.create({ name, role, by: 'Glambdar API' });
    return { name, role, apiKey: key };
  } catch (thrown) {
    if (isLamError(thrown) && thrown.code === 'LAM_OPERATIONS_KEY_EXISTS') throw lamError('LAM_EDGE_KEY_EXISTS', {});
    throw thrown;
  }
}

/** The keys with a role. */
export function listKeys(keys: Keys): object {
  return {
    keys: withRoles(keys).map((key) => ({
      id: numberOf(key),
      keyPrefix: key.prefix,
      name: key.name,
      role: key.role,
      isRoot: false,
      createdAt: new Date(key.createdAt).toISOString(),
    })),
  };
}

/** Changes a key's role. Throws `LAM_EDGE_KEY_REQUEST`, `LAM_EDGE_KEY_NOT_FOUND`. */
export async function changeKey(keys: Keys, id: string, body: unknown): Promise<object> {
  const found = keyOf(keys, id);
  const { name, role } = await keys.setRole(found.name, roleIn(body, 'invalid request: role is required'));
  return { id: numberOf(found), name, role, status: 'updated' };
}

/** Revokes a key. Throws `LAM_EDGE_KEY_REQUEST`, `LAM_EDGE_KEY_NOT_FOUND`. */
export async function revokeKey(keys: Keys, id: string): Promise<object> {
  const found = keyOf(keys, id);
  await keys.revoke(found.name);
  return { id: numberOf(found), name: found.name, status: 'revoked' };
}

const NAME_AND_ROLE = 'invalid request: name and role are required';

function withRoles(keys: Keys): readonly RoleKey[] {
  return keys.list().flatMap((key) => (key.role === null ? [] : { ...key, role: key.role }));
}

function keyOf(keys: Keys, id: string): RoleKey {
  if (!/^[0-9]{1,20}$/.test(id)) throw lamError('LAM_EDGE_KEY_REQUEST', { what: 'invalid key ID' });
  const found = withRoles(keys).find((key) => String(numberOf(key)) === id);
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
