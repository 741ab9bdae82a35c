import type { Status } from '../contract/index.ts';
import type { ControlServices } from '../edge/index.ts';
import type { Followers } from './drain.ts';
import type { LogStore } from '../logs/index.ts';
import type { Registry } from '../registry/index.ts';
import { df, receiveArtifact, receiveZip, type Store } from '../store/index.ts';

export interface ServiceParts {
  readonly store: Store;
  readonly registry: Registry;
  readonly logs: LogStore;
  readonly followers: Followers;
  readonly status: () => Status;
  readonly stop: () => void;
  /** Says how a runtime identifier will be served here, or null; throws when it cannot be. */
  readonly prepare: (runtime: string, image: string | null) => Promise<string | null>;
  /** Whether a version has sandboxes, so that its files are in use. */
  readonly isBusy: (name: string, version: number) => boolean;
}

/** `lam df` says what `lam gc` would free with its default of versions to keep. */
const DF_KEEP = 5;

/** The control API over the rooms of the daemon. */
export function controlServices(parts: ServiceParts): ControlServices {
  const { store, registry, logs } = parts;
  const { paths, artifacts } = store;
  return {
    status: parts.status,
    stop: parts.stop,
    list: () => registry.list(),
    detail: (name) => registry.detail(name),
    async remove(name) {
      await registry.deleteFunction(name);
      await logs.delete(name);
    },
    removeVersion: (name, version) => registry.deleteVersion(name, version),
    plan: (manifest) => artifacts.plan(manifest),
    upload: (body) => receiveArtifact(paths, artifacts, body),
    uploadZip: (zip) => receiveZip(paths, artifacts, zip),
    async publish(name, request) {
      // Validated first by a rehearsal, so that a wrong request is not told about a missing interpreter.
      const rehearsed = await registry.publish(name, { ...request, dryRun: true });
      const notice = await parts.prepare(request.config.runtime ?? 'nodejs', request.config.image ?? null);
      const answer = request.dryRun === true ? rehearsed : await registry.publish(name, request);
      return notice === null ? answer : { ...answer, notices: [...answer.notices, notice] };
    },
    rollback: (name, request) => registry.rollback(name, request),
    patchConfig: (name, patch) => registry.patchConfig(name, patch),
    async setAlias(name, alias, request) {
      await registry.setAlias(name, alias, request);
    },
    async deleteAlias(name, alias) {
      await registry.deleteAlias(name, alias);
    },
    gc: (request) => registry.gc(request, parts.isBusy),
    async df() {
      const { sizes, total } = await logs.sizes();
      const { bytes } = await registry.gc({ keep: DF_KEEP, dryRun: true }, parts.isBusy);
      return df(paths, store.catalogue.data, artifacts, {
        logsOf: (name) => sizes[name] ?? 0,
        logs: total,
        reclaimable: bytes,
      });
    },
    async logs(name, query, onRecords) {
      registry.resolve(name);
      await logs.query(name, query, onRecords);
    },
    follow(name, query, onRecord, onEnd) {
      registry.resolve(name);
      const stop = logs.follow(name, query, onRecord);
      const gone = parts.followers.add(onEnd);
      return () => {
        stop();
        gone();
      };
    },
  };
}
