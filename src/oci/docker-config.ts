import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { lamError, messageOf } from '../errors/index.ts';
import { askCredentialStore } from './docker-credentials.ts';

/** What says who the user is to a registry. */
export type OciCredentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** To be exchanged for a token of the registry. */
  | { readonly kind: 'identity'; readonly token: string }
  /** A token of the registry itself. */
  | { readonly kind: 'bearer'; readonly token: string };

/** Variables that say where docker's configuration is. */
export type DockerEnvironment = Readonly<Record<string, string | undefined>>;

/** Docker Hub: as references name it, where it answers, and as docker's configuration names it. */
const HUB_NAMES: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
const HUB_API = 'registry-1.docker.io';
const HUB_KEY = 'https://index.docker.io/v1/';
/** What a helper answers in place of a user's name for an identity token. */
const IDENTITY = '<token>';

/** The host at which a registry answers. */
export function apiHost(host: string): string {
  return HUB_NAMES.has(host) ? HUB_API : host;
}

/**
 * The credentials that `docker login` kept for a registry, in `DOCKER_CONFIG` or `~/.docker`, or what its credential
 * helper knows; undefined without any. Throws `LAM_OCI_DOCKER_CONFIG` and `LAM_OCI_HELPER_FAILED`.
 */
export async function credentialsOf(host: string, env: DockerEnvironment): Promise<OciCredentials | undefined> {
  const folder = env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker');
  const file = join(folder === '' ? join(env['HOME'] ?? homedir(), '.docker') : folder, 'config.json');
  const config = await readConfig(file);
  const key = HUB_NAMES.has(host) ? HUB_KEY : host;
  const helper = textMember(objectMember(config, 'credHelpers'), key) ?? textMember(config, 'credsStore');
  if (helper !== undefined && helper !== '') {
    const answer = await askCredentialStore(helper, key, env);
    if (answer !== undefined)
      return answer.username === IDENTITY
        ? { kind: 'identity', token: answer.secret }
        : { kind: 'password', username: answer.username, password: answer.secret };
  }
  return storedCredentials(objectMember(config, 'auths'), key, file);
}

async function readConfig(file: string): Promise<object> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw lamError('LAM_OCI_DOCKER_CONFIG', { file, why: messageOf(error) }, error);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // The parser's message would quote the file, which holds secrets.
  }
  throw lamError('LAM_OCI_DOCKER_CONFIG', { file, why: 'it is not a JSON object' });
}

function storedCredentials(auths: object, key: string, file: string): OciCredentials | undefined {
  // Docker writes hosts as they were typed at its login: with a scheme or a path, too.
  const found = Object.keys(auths).find((each) => each === key || bareHost(each) === bareHost(key));
  const entry = found === undefined ? {} : objectMember(auths, found);
  const registryToken = textMember(entry, 'registrytoken');
  if (registryToken !== undefined && registryToken !== '') return { kind: 'bearer', token: registryToken };
  const identity = textMember(entry, 'identitytoken');
  if (identity !== undefined && identity !== '') return { kind: 'identity', token: identity };
  const auth = textMember(entry, 'auth');
  const pair = auth === undefined || auth === '' ? undefined : Buffer.from(auth, 'base64').toString('utf8');
  if (pair === undefined) {
    const [username, password] = [textMember(entry, 'username'), textMember(entry, 'password')];
    return username === undefined || password === undefined ? undefined : { kind: 'password', username, password };
  }
  const colon = pair.indexOf(':');
  if (colon < 1)
    throw lamError('LAM_OCI_DOCKER_CONFIG', { file, why: `'auth' of '${key}' is not USER:PASSWORD in base64` });
  return { kind: 'password', username: pair.slice(0, colon), password: pair.slice(colon + 1).replace(/\0+$/, '') };
}

function bareHost(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function objectMember(value: object, name: string): object {
  const found: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  return typeof found === 'object' && found !== null ? found : {};
}

function textMember(value: object, name: string): string | undefined {
  const found: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  return typeof found === 'string' ? found : undefined;
}
