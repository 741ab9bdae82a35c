import type Docker from 'dockerode';

import type { NetworkReach } from '../../../contract/index.ts';
import { messageOf } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import { LABEL } from '../container/container-spec.ts';
import { answerOf } from '../engine/engine-answer.ts';
import { isMissing, reasonOf } from '../engine/docker-errors.ts';
import { member } from '../engine/engine-http.ts';
import { closeHost, openHost } from './host-firewall.ts';

/** The engine's own network, where containers reach each other. */
const SHARED = 'bridge';
/** Status of a name that is taken: by this home, whose id is in it. */
const CONFLICT = 409;

/** What the network of a home is made with. */
export interface OwnNetworkParts {
  readonly docker: () => Promise<Docker>;
  readonly homeId: string;
  readonly clock: Clock;
  /** Whether the engine's containers are on this machine's own network. */
  readonly isLocalLinux: boolean;
}

/** A network that was made, or why there is none. */
type Made =
  | { readonly name: string; readonly bridge: string; readonly hostGap: string | null }
  | { readonly name: typeof SHARED; readonly why: string };

/**
 * The network of one home's containers: they reach the internet, but not each other and, where lam is root, not this
 * machine. Made when the first container needs it, since engines have room for about 30 networks.
 */
export class OwnNetwork {
  readonly #parts: OwnNetworkParts;
  #made: Promise<Made> | undefined;
  #known: Made | undefined;

  constructor(parts: OwnNetworkParts) {
    this.#parts = parts;
  }

  /** What containers with a network can reach, one sentence each. */
  get gaps(): readonly string[] {
    const known = this.#known;
    const neighbours =
      known !== undefined && 'why' in known
        ? [`Functions with a network reach each other: a network of their own cannot be made (${known.why}).`]
        : [];
    const why = known === undefined || 'why' in known ? hostReason(this.#parts) : known.hostGap;
    const host =
      why === null ? [] : [`Functions with a network reach what listens on this machine beyond loopback: ${why}.`];
    return [...neighbours, ...host];
  }

  /** The engine's name of the network for a container; its shared one where none can be made. Never rejects. */
  async nameFor(reach: NetworkReach): Promise<string> {
    if (reach !== 'on') return reach === 'none' ? 'none' : SHARED;
    this.#made ??= this.#make(this.#known);
    this.#known = await this.#made;
    return this.#known.name;
  }

  /** Makes it anew for the next container, after the engine reported it missing. */
  forget(): void {
    this.#made = undefined;
  }

  /** Removes what an earlier daemon of this home left. Rejects when the engine does not answer. */
  async reclaim(ids: readonly string[]): Promise<void> {
    const docker = await this.#parts.docker();
    for (const id of ids) await this.#remove(docker, id);
  }

  /** Removes it, unless containers are left in it. Never rejects. */
  async close(): Promise<void> {
    const made = await this.#made;
    if (made === undefined || 'why' in made) return;
    await this.#remove(await this.#parts.docker(), made.name).catch(() => undefined);
  }

  /** `before`: what was made earlier, and may be gone. */
  async #make(before: Made | undefined): Promise<Made> {
    try {
      const { homeId, clock } = this.#parts;
      const docker = await this.#parts.docker();
      const name = `lam-${homeId}`;
      const options = {
        Name: name,
        CheckDuplicate: true,
        Driver: 'bridge',
        Labels: { [LABEL.home]: homeId },
        Options: { 'com.docker.network.bridge.enable_icc': 'false' },
      };
      const id = await answerOf(docker.createNetwork(options), clock).then(
        (created) => created.id,
        async (thrown: unknown) => {
          if (member(thrown, 'statusCode') !== CONFLICT) throw thrown;
          const found: unknown = await answerOf(docker.getNetwork(name).inspect(), clock);
          return String(member(found, 'Id'));
        },
      );
      const bridge = bridgeOf(id);
      if (before !== undefined && 'bridge' in before && before.bridge !== bridge) await openHost(before.bridge);
      const reason = hostReason(this.#parts);
      return { name, bridge, hostGap: reason ?? (await closeHost(bridge)) };
    } catch (thrown) {
      return { name: SHARED, why: reasonOf(thrown) || messageOf(thrown) };
    }
  }

  async #remove(docker: Docker, reference: string): Promise<void> {
    const network = docker.getNetwork(reference);
    try {
      const found: unknown = await answerOf(network.inspect(), this.#parts.clock);
      await answerOf(network.remove(), this.#parts.clock);
      if (hostReason(this.#parts) === null) await openHost(bridgeOf(String(member(found, 'Id'))));
    } catch (thrown) {
      // Removed by somebody else.
      if (!isMissing(thrown)) throw thrown;
    }
  }
}

/** Name of a network's interface on the engine's machine. */
function bridgeOf(id: string): string {
  return `br-${id.slice(0, 12)}`;
}

/** Why lam cannot close this machine to containers; null if it can try. */
function hostReason({ isLocalLinux }: Pick<OwnNetworkParts, 'isLocalLinux'>): string | null {
  if (!isLocalLinux) return 'the engine does not run on this machine';
  return process.getuid?.() === 0 ? null : 'only root may set up the firewall that prevents it';
}
