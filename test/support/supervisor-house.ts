import assert from 'node:assert/strict';
import type { TriggerConfig, FunctionName } from '../../src/contract/index.ts';
import type { Deliver, TriggerEvent } from '../../src/triggers/index.ts';
import { http } from '../../src/triggers/http/http.ts';
import type { TriggerHost } from '../../src/triggers/running.ts';
import { DeployedTriggers, TriggerSupervisor } from '../../src/triggers/supervisor/index.ts';
import { tickKind, type TickLog, type TickScript } from './tick-trigger.ts';
import { MemoryStates } from './memory-states.ts';
import { VirtualClock } from './virtual-clock.ts';
import { asRequestId, asFunctionName, asVersion } from './ids.ts';
import { ARNS } from './arns.ts';

/** A supervisor over functions that a test deploys, and events that settle at once. */
export class SupervisorHouse {
  readonly clock = new VirtualClock();
  readonly log: TickLog = { loads: 0, entries: [] };
  readonly troubles: string[] = [];
  readonly delivered: TriggerEvent[] = [];
  readonly expected: [string, number][] = [];
  readonly supervisor: TriggerSupervisor;
  readonly states: MemoryStates;
  /** Hosts of the starts, in order. */
  readonly hosts: TriggerHost[] = [];
  /** Variables of the function. */
  readonly variables = new Map<string, string>();
  readonly #functions = new Map<FunctionName, readonly TriggerConfig[]>();
  readonly #listeners: ((change: { readonly name: FunctionName }) => void)[] = [];

  constructor(script: TickScript = {}, states = new MemoryStates()) {
    this.states = states;
    const deliver: Deliver = (event, sink) => {
      this.delivered.push(event);
      sink.started?.(this.clock.now());
      sink.settled({ kind: 'success', requestId: asRequestId('r'), version: asVersion(1), payload: event.event });
      return { cancel: () => undefined };
    };
    this.supervisor = new TriggerSupervisor({
      kinds: [
        http,
        tickKind(this.log, {
          ...script,
          start: async (config, host) => {
            this.hosts.push(host);
            await script.start?.(config, host);
          },
        }),
      ],
      deployed: new DeployedTriggers({
        names: () => this.#functions.keys(),
        triggersOf: (name) => this.#functions.get(name) ?? [],
        onChange: (listener) => this.#listeners.push(listener),
      }),
      clock: this.clock,
      deliver,
      follow: () => Promise.resolve(false),
      requestIdOf: ({ id }) => asRequestId(id),
      states: this.states,
      enqueue: () => assert.fail('no trigger here queues events'),
      expect: (functionName, at) => this.expected.push([functionName, at]),
      variable: (_name, key) => this.variables.get(key),
      receive: () => () => undefined,
      arns: ARNS,
      home: '/nowhere',
      onTrouble: (what) => this.troubles.push(what),
    });
  }

  /** Makes `triggers` those of the live version of `f`. */
  set(...triggers: readonly TriggerConfig[]): void {
    this.#functions.set(asFunctionName('f'), triggers);
    for (const listener of this.#listeners) listener({ name: asFunctionName('f') });
  }

  /** Makes `triggers` those of the live version of `f`, and lets that take effect. */
  async deploy(...triggers: readonly TriggerConfig[]): Promise<void> {
    this.set(...triggers);
    await this.clock.advance(0);
  }

  /** What happened since the last call, but fired events and their ends. */
  takeSteps(): readonly string[] {
    const steps = this.log.entries.splice(0).filter(({ what }) => /^(start|update|stop)$/.test(what));
    return steps.map(({ what, every }) => `${what} ${every}`);
  }

  get state(): unknown {
    return this.supervisor
      .statesOf(asFunctionName('f'))
      .map(({ state, cause }) => (cause === undefined ? state : [state, cause]));
  }
}

/** An entry of the kind `tick`. */
export function tick(every: number, more: object = {}): TriggerConfig {
  return { type: 'tick', every, ...more };
}
