import type { IncomingMessage } from 'node:http';
import {
  API_KEY_ROLES,
  KEY_SCOPES,
  ARTIFACT_CONTENT_TYPE,
  isDigest,
  isFunctionName,
  isVersionNumber,
  type AliasRequest,
  type AliasRouting,
  type ChangeNote,
  type ConfigPatch,
  type CreateApiKeyRequest,
  type Digest,
  type GcRequest,
  type LogQuery,
  type NamedVersion,
  type PublishLayerRequest,
  type PublishRequest,
  type RollbackRequest,
  type UpdateApiKeyRequest,
  isAliasName,
  type VersionNumber,
} from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import { readBody } from '../../body.ts';

/** Longest JSON control request (bytes): a manifest of 100,000 files fits. */
const JSON_BYTES = 64 * 1024 * 1024;

type Fields = Readonly<Record<string, unknown>>;

function bad(what: string): never {
  throw lamError('LAM_EDGE_BAD_REQUEST', { what });
}

/** Reads the body as a JSON object; an empty body is `{}`. */
export async function readObject(request: IncomingMessage, clock: Clock): Promise<Fields> {
  const bytes = await readBody(request, JSON_BYTES, clock);
  if (bytes.byteLength === 0) return {};
  return objectOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
}

function objectOf(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return bad(error instanceof Error ? error.message : 'not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('the body is not an object');
  return value as Fields;
}

function optional<T>(
  fields: Fields,
  key: string,
  type: 'string' | 'number' | 'boolean' | 'object',
): Partial<Record<string, T>> {
  const value = fields[key];
  if (value === undefined || value === null) return {};
  if (typeof value !== type || Array.isArray(value))
    return bad(`'${key}' is not ${type === 'object' ? 'an object' : `a ${type}`}`);
  return { [key]: value as T };
}

function optionalTexts(fields: Fields, key: string): Partial<Record<string, readonly string[]>> {
  const value = fields[key];
  if (value === undefined || value === null) return {};
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
    return bad(`'${key}' is not a list of strings`);
  return { [key]: value };
}

/** A map of lists; the registry checks what is in them. */
function optionalLists(fields: Fields, key: string): Partial<Record<string, Fields>> {
  const lists = optional<Fields>(fields, key, 'object');
  const wrong = Object.entries(lists[key] ?? {}).find(([, list]) => !Array.isArray(list));
  return wrong === undefined ? lists : bad(`'${key}.${wrong[0]}' is not a list`);
}

function required<T>(fields: Fields, key: string, type: 'string' | 'number' | 'object'): T {
  const value = optional<T>(fields, key, type)[key];
  return value === undefined ? bad(`'${key}' is missing`) : value;
}

/** What all changes of a pointer may say. */
function moved(fields: Fields): ChangeNote & { verify?: boolean } {
  return { ...noteOf(fields), ...optional<boolean>(fields, 'verify', 'boolean') };
}

/** Checks the shape of the note that a change may have. */
export function noteOf(fields: Fields): ChangeNote {
  return { ...optional<string>(fields, 'message', 'string'), ...optional<string>(fields, 'by', 'string') };
}

/** Returns the request if its content type says that it carries an artifact. Throws `LAM_EDGE_BAD_REQUEST`. */
export function artifactBody(request: IncomingMessage): IncomingMessage {
  return request.headers['content-type'] === ARTIFACT_CONTENT_TYPE
    ? request
    : bad(`content-type is not ${ARTIFACT_CONTENT_TYPE}`);
}

/** Checks the shape of a publish request; the registry checks the values. */
export function publishOf(fields: Fields): PublishRequest {
  const config = required<PublishRequest['config']>(fields, 'config', 'object');
  const artifact = artifactOf(fields);
  const alias = optional<string>(fields, 'alias', 'string')['alias'];
  if (alias !== undefined && !isAliasName(alias)) throw lamError('LAM_REGISTRY_INVALID_ALIAS', { alias });
  return {
    artifact,
    config,
    ...optional<object>(fields, 'flags', 'object'),
    ...moved(fields),
    ...(alias === undefined ? {} : { alias }),
    ...alongsideOf(fields),
    ...optional<boolean>(fields, 'dryRun', 'boolean'),
  };
}

function alongsideOf({ alongside }: Fields): Pick<PublishRequest, 'alongside'> {
  if (alongside === undefined) return {};
  if (!Array.isArray(alongside) || !alongside.every((one) => typeof one === 'string'))
    return bad("'alongside' must be a list of names");
  return { alongside };
}

/** Checks the shape of a request to publish a layer. */
export function layerOf(fields: Fields): PublishLayerRequest {
  return {
    artifact: artifactOf(fields),
    ...optional<string>(fields, 'description', 'string'),
    ...optional<string>(fields, 'by', 'string'),
  };
}

/** Checks the shape of a request that names artifacts. */
export function artifactsOf(fields: Fields): readonly Digest[] {
  const { artifacts = bad("'artifacts' is missing") } = optionalTexts(fields, 'artifacts');
  return artifacts.map((artifact) => artifactOf({ artifact }));
}

/** No artifact has another name than a digest. */
function artifactOf(fields: Fields): Digest {
  const artifact = required<string>(fields, 'artifact', 'string');
  if (!isDigest(artifact)) throw lamError('LAM_STORE_ARTIFACT_NOT_FOUND', { artifact });
  return artifact;
}

/** Checks the shape of a rollback request. */
export function rollbackOf(fields: Fields): RollbackRequest {
  const to = versionOf(fields, 'to');
  return { ...(to === undefined ? {} : { to }), ...moved(fields), ...optional<boolean>(fields, 'dryRun', 'boolean') };
}

/** Checks the shape of a settings change; the registry checks the values. */
export function patchOf(fields: Fields): ConfigPatch {
  return {
    ...optional<object>(fields, 'set', 'object'),
    ...(optionalTexts(fields, 'unset') as Pick<ConfigPatch, 'unset'>),
    ...(optionalLists(fields, 'add') as Pick<ConfigPatch, 'add'>),
    ...(optionalLists(fields, 'remove') as Pick<ConfigPatch, 'remove'>),
    ...optional<Record<string, string>>(fields, 'setEnvironment', 'object'),
    ...optionalTexts(fields, 'unsetEnvironment'),
    ...moved(fields),
  };
}

/** The version number under `key`, or undefined. */
function versionOf(fields: Fields, key: string): VersionNumber | undefined {
  const version = optional<number>(fields, key, 'number')[key];
  if (version === undefined || isVersionNumber(version)) return version;
  return bad(`'${key}' is not a version number`);
}

/** Checks the shape of a request to set an alias. */
export function aliasOf(fields: Fields): AliasRequest {
  const version = versionOf(fields, 'version') ?? bad("'version' is missing");
  const routing = optional<Fields>(fields, 'routing', 'object')['routing'];
  return { version, ...(routing === undefined ? {} : { routing: routingOf(routing) }), ...moved(fields) };
}

function routingOf(fields: Fields): AliasRouting {
  const weights = required<AliasRouting['weights']>(fields, 'weights', 'object');
  return { weights, ...optional<string>(fields, 'sticky', 'string') };
}

/** Checks the shape of a gc request. */
export function gcOf(fields: Fields): GcRequest {
  const only = fields['only'] ?? undefined;
  if (only !== undefined && !(Array.isArray(only) && only.every(isNamedVersion)))
    return bad("'only' is not a list of names and versions");
  return {
    ...optional<number>(fields, 'keep', 'number'),
    ...(only === undefined ? {} : { only }),
    ...optional<boolean>(fields, 'dryRun', 'boolean'),
  };
}

function isNamedVersion(value: unknown): value is NamedVersion {
  if (typeof value !== 'object' || value === null) return false;
  const { name, version } = value as Fields;
  return typeof name === 'string' && isFunctionName(name) && typeof version === 'number' && isVersionNumber(version);
}

/** What a request for logs asks for. */
export interface LogRequest {
  readonly query: LogQuery;
  /** Also new records, until the client leaves. */
  readonly follow: boolean;
  /** With `follow`: an empty line after the stored records. */
  readonly mark: boolean;
}

/** Reads `?since=&until=&lines=&search=&requestId=&version=&withoutPlatform=1&follow=1&mark=1`. */
export function logQueryOf(parameters: URLSearchParams): LogRequest {
  const number = (key: string): Record<string, number> => {
    const text = parameters.get(key);
    if (text === null) return {};
    const value = Number(text);
    return text === '' || Number.isNaN(value) ? bad(`'${key}' is not a number`) : { [key]: value };
  };
  const text = (key: string): Record<string, string> => {
    const value = parameters.get(key);
    return value === null ? {} : { [key]: value };
  };
  return {
    query: {
      ...number('since'),
      ...number('until'),
      ...number('lines'),
      ...number('version'),
      ...text('search'),
      ...text('requestId'),
      ...(parameters.get('withoutPlatform') === '1' ? { withoutPlatform: true } : {}),
    },
    follow: parameters.get('follow') === '1',
    mark: parameters.get('mark') === '1',
  };
}

/** Shapes the body of a new API key; operations check its values. */
export function apiKeyOf(fields: Fields): CreateApiKeyRequest {
  return {
    name: required<string>(fields, 'name', 'string'),
    ...optional<number>(fields, 'days', 'number'),
    ...optional<number>(fields, 'lifetimeMs', 'number'),
    ...optional<string>(fields, 'by', 'string'),
    ...optional<number>(fields, 'quota', 'number'),
    ...roleIn(fields),
    ...rightsIn(fields),
    ...optional<boolean>(fields, 'aws', 'boolean'),
  };
}

function roleIn(fields: Fields): Pick<CreateApiKeyRequest, 'role'> {
  const text = optional<string>(fields, 'role', 'string')['role'];
  if (text === undefined) return {};
  const role = API_KEY_ROLES.find((one) => one === text);
  return role === undefined ? bad(`'role' is not one of ${API_KEY_ROLES.join(', ')}: ${text}`) : { role };
}

function rightsIn(fields: Fields): Pick<UpdateApiKeyRequest, 'scopes' | 'functions'> {
  const { scopes } = optionalTexts(fields, 'scopes');
  const known = scopes?.map(
    (text) => KEY_SCOPES.find((one) => one === text) ?? bad(`'${text}' is no scope: they are ${KEY_SCOPES.join(', ')}`),
  );
  return { ...(known === undefined ? {} : { scopes: known }), ...optionalTexts(fields, 'functions') };
}

/** Shapes the body of a change of an API key. */
export function apiKeyChangeOf(fields: Fields): UpdateApiKeyRequest {
  const given = ['quota', 'lifetimeMs', 'scopes', 'functions'].some((key) => fields[key] !== undefined);
  if (!given) bad("none of 'quota', 'lifetimeMs', 'scopes' and 'functions' is given");
  return { ...numberOrNull(fields, 'quota'), ...numberOrNull(fields, 'lifetimeMs'), ...rightsIn(fields) };
}

function numberOrNull(fields: Fields, key: string): Partial<Record<string, number | null>> {
  return fields[key] === null ? { [key]: null } : optional<number>(fields, key, 'number');
}
