import {
  CONTROL,
  type AliasAnswer,
  type AliasDetail,
  type AliasRequest,
  type ChangeNote,
  type Plain,
  type PublishAnswer,
  type PublishBody,
  type VersionDetail,
  type VersionFile,
  type VersionInfo,
} from '../../contract/index.ts';
import type { CallOptions } from '../transport.ts';
import type { Calls } from './calls.ts';

/** Published versions. */
export interface VersionCalls {
  /** Newest first. */
  list(name: string, options?: CallOptions): Promise<readonly VersionInfo[]>;
  /** Publishes uploaded code as the next version and makes it live; creates the function. */
  publish(name: string, request: Plain<PublishBody>, options?: CallOptions): Promise<PublishAnswer>;
  get(name: string, version: number, options?: CallOptions): Promise<VersionDetail>;
  /** A file of a version, with its text if that is short. */
  file(
    file: { readonly name: string; readonly version: number; readonly path: string },
    options?: CallOptions,
  ): Promise<VersionFile>;
  delete(name: string, version: number, options?: CallOptions): Promise<void>;
}

/** Implements {@link VersionCalls}. */
export function versionCalls({ ask, send }: Calls): VersionCalls {
  return {
    list: (name, options) => ask('GET', CONTROL.versions(name), options),
    publish: (name, value, options) => send({ method: 'POST', path: CONTROL.versions(name), value }, options),
    get: (name, version, options) => ask('GET', CONTROL.version(name, version), options),
    file: ({ name, version, path }, options) => ask('GET', CONTROL.versionFile(name, version, path), options),
    delete: async (name, version, options) => void (await ask('DELETE', CONTROL.version(name, version), options)),
  };
}

/** Named pointers to versions. */
export interface AliasCalls {
  list(name: string, options?: CallOptions): Promise<readonly AliasDetail[]>;
  get(name: string, alias: string, options?: CallOptions): Promise<AliasDetail>;
  // oxlint-disable-next-line max-params -- what is changed, to what, and how that is sent
  set(name: string, alias: string, request: Plain<AliasRequest>, options?: CallOptions): Promise<AliasAnswer>;
  // oxlint-disable-next-line max-params -- the same
  delete(name: string, alias: string, note?: ChangeNote, options?: CallOptions): Promise<void>;
}

/** Implements {@link AliasCalls}. */
export function aliasCalls({ ask, send }: Calls): AliasCalls {
  return {
    list: (name, options) => ask('GET', CONTROL.aliases(name), options),
    get: (name, alias, options) => ask('GET', CONTROL.alias(name, alias), options),
    set: (name, alias, value, options) => send({ method: 'PUT', path: CONTROL.alias(name, alias), value }, options),
    async delete(name, alias, value = {}, options = {}) {
      await send({ method: 'DELETE', path: CONTROL.alias(name, alias), value }, options);
    },
  };
}
