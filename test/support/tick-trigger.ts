import type { TriggerConfig } from '../../src/contract/index.ts';
import type { RunningTrigger, TriggerHost, TriggerOutcome } from '../../src/triggers/running.ts';
import type { TriggerKind } from '../../src/triggers/kind.ts';

/** A trigger that fires at a fixed interval. */
interface TickTrigger extends TriggerConfig {
  /** Seconds. */
  readonly every: number;
  readonly text?: string;
}

/** Actions of the triggers and calls they received, in order. */
export interface TickLog {
  /** Number of loads of the running half. */
  loads: number;
  readonly entries: TickEntry[];
}

export interface TickEntry {
  readonly what: 'start' | 'update' | 'stop' | 'fire' | 'started' | 'settled';
  readonly functionName: string;
  readonly every: number;
  readonly id?: string;
  readonly outcome?: TriggerOutcome;
}

/** Behaviour of the triggers. */
export interface TickScript {
  /** Called before each start; a rejection is that of the start. */
  start?(config: TickTrigger, host: TriggerHost): Promise<void>;
  stop?(): Promise<void>;
  /** Present: running triggers can be updated. */
  update?(config: TickTrigger): Promise<void>;
  /** Called with each outcome, in the sink. */
  settled?(outcome: TriggerOutcome): void;
}

/** A complete kind of trigger, as in a folder beside `src/triggers/http/`. */
export function tickKind(log: TickLog, script: TickScript = {}): TriggerKind<TickTrigger> {
  return {
    type: 'tick',
    noun: 'tick',
    schema: {
      description: 'Fires at a fixed interval.',
      properties: {
        every: { description: 'Seconds between two ticks.', type: 'number', minimum: 0.01, examples: [60] },
        text: { description: 'Goes into the event.', type: 'string', examples: ['hello'] },
      },
      required: ['every'],
    },
    nameOf: ({ every }) => `every ${every} s`,
    fault: ({ every }) => (every === 13 ? { key: 'every', fault: 'brings bad luck' } : undefined),
    load: () => {
      log.loads++;
      return Promise.resolve({ start: (config, host) => startTick(config, host, log, script) });
    },
  };
}

async function startTick(
  first: TickTrigger,
  host: TriggerHost,
  log: TickLog,
  script: TickScript,
): Promise<RunningTrigger<TickTrigger>> {
  const { functionName } = host;
  let config = first;
  const note = (what: TickEntry['what'], more: Pick<TickEntry, 'id' | 'outcome'> = {}): void =>
    void log.entries.push({ what, functionName, every: config.every, ...more });
  note('start');
  await script.start?.(config, host);
  let count = 0;
  const fire = (): void => {
    const id = `${host.name}@${++count}`;
    note('fire', { id });
    host.fire(
      { id, event: Buffer.from(JSON.stringify({ id, text: config.text })), attempt: count },
      {
        started: () => note('started', { id }),
        settled: (outcome) => {
          note('settled', { id, outcome });
          script.settled?.(outcome);
        },
      },
    );
  };
  const cancel = host.clock.every(config.every * 1000, fire);
  return {
    ...(script.update === undefined
      ? {}
      : {
          update: async (next: TickTrigger) => {
            await script.update?.(next);
            config = next;
            note('update');
          },
        }),
    stop: async () => {
      cancel();
      note('stop');
      await script.stop?.();
    },
  };
}
