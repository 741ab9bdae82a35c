import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { messageOf } from '../../errors/index.ts';
import { engineGet, member } from './engine/engine-http.ts';

/** A Docker engine that answered, or the reason why none can be used (no full stop). */
export type DockerProbe =
  | {
      readonly ok: true;
      readonly socketPath: string;
      /** E.g. `Docker 20.10.24`. */
      readonly engine: string;
      readonly apiVersion: string;
    }
  | { readonly ok: false; readonly reason: string };

export interface ProbeOptions {
  /** Where to look for `DOCKER_HOST` and `XDG_RUNTIME_DIR`; the process's own by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Time-out for one engine (ms). */
  readonly limitMs?: number;
}

const DEFAULT_SOCKET = '/var/run/docker.sock';
const PATIENCE_MS = 1500;

/**
 * Looks for an engine at the Unix socket that `DOCKER_HOST` names, else at the usual paths in order. Takes a few
 * milliseconds when one answers; never loads dockerode.
 */
export async function probeDocker(options: ProbeOptions = {}): Promise<DockerProbe> {
  const environment = options.environment ?? process.env;
  const limitMs = options.limitMs ?? PATIENCE_MS;
  const host = environment['DOCKER_HOST'] ?? '';
  if (host !== '') {
    if (host.startsWith('unix://')) return askEngine(host.slice('unix://'.length), limitMs);
    return { ok: false, reason: `DOCKER_HOST is '${host}', and lam needs an engine on this machine (unix://...)` };
  }
  const places = usualSockets(environment['XDG_RUNTIME_DIR']).filter((path) => existsSync(path));
  let first: DockerProbe | undefined;
  for (const place of places) {
    const answer = await askEngine(place, limitMs);
    if (answer.ok) return answer;
    first ??= answer;
  }
  return first ?? { ok: false, reason: `no Docker engine was found: there is no socket at ${DEFAULT_SOCKET}` };
}

function usualSockets(runtimeDir: string | undefined): readonly string[] {
  const own =
    runtimeDir === undefined || runtimeDir === ''
      ? []
      : [join(runtimeDir, 'docker.sock'), join(runtimeDir, 'podman/podman.sock')];
  return [DEFAULT_SOCKET, join(homedir(), '.docker/run/docker.sock'), ...own, '/run/podman/podman.sock'];
}

async function askEngine(socketPath: string, limitMs: number): Promise<DockerProbe> {
  try {
    const ping = await engineGet(socketPath, '/_ping', limitMs);
    if (ping.status !== 200)
      return { ok: false, reason: `the engine at ${socketPath} answered ${ping.status} to a ping` };
    const { body } = await engineGet(socketPath, '/version', limitMs);
    const text = (name: string): string => {
      const value = member(body, name);
      return typeof value === 'string' ? value : 'unknown';
    };
    if (text('Os') !== 'linux')
      return {
        ok: false,
        reason: `the engine at ${socketPath} runs ${text('Os')} containers, and lam needs Linux ones`,
      };
    return { ok: true, socketPath, engine: `${productName(body)} ${text('Version')}`, apiVersion: text('ApiVersion') };
  } catch (cause) {
    return { ok: false, reason: whyNot(socketPath, limitMs, cause) };
  }
}

function productName(version: unknown): string {
  const components = member(version, 'Components');
  const names = Array.isArray(components) ? components.map((c) => String(member(c, 'Name'))) : [];
  return names.some((n) => n.startsWith('Podman')) ? 'Podman' : 'Docker';
}

function whyNot(socketPath: string, limitMs: number, cause: unknown): string {
  const code = member(cause, 'code');
  if (code === 'ENOENT') return `no Docker engine was found: there is no socket at ${socketPath}`;
  if (code === 'EACCES' || code === 'EPERM')
    return `permission denied on ${socketPath}: your user is not in the group that may use Docker`;
  if (code === 'ECONNREFUSED') return `no engine listens on ${socketPath}: it was stopped`;
  if (code === 'ETIMEDOUT') return `the engine at ${socketPath} did not answer within ${limitMs} ms`;
  return `the engine at ${socketPath} cannot be reached: ${messageOf(cause)}`;
}
