import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Chalk } from 'chalk';
import type { FunctionDetail, InvocationContext, TriggerDetail } from '../../src/contract/index.ts';
import { renderFunction } from '../../src/cli/render/functions.ts';
import { isLamError } from '../../src/errors/index.ts';
import { parseProject } from '../../src/project/index.ts';
import { TRIGGER_KINDS, type TriggerKind } from '../../src/triggers/index.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import { tickKind, type TickEntry, type TickLog } from '../support/tick-trigger.ts';
import { asFunctionName } from '../support/ids.ts';

/** The kinds of lam and one that is added by its value alone. */
function kindsWith(log: TickLog): readonly TriggerKind[] {
  return [...TRIGGER_KINDS, tickKind(log)];
}

describe('a trigger kind that is plugged in', () => {
  const log: TickLog = { loads: 0, entries: [] };
  const kinds = kindsWith(log);
  const handled: { readonly context: InvocationContext; readonly event: string }[] = [];
  const accepted: unknown[] = [];
  let house: EdgeHouse;
  let folder = '';
  let isFailing = false;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lam-triggers-'));
    house = await edgeHouse(
      {
        clock: ({ context, event }) => {
          handled.push({ context, event: Buffer.from(event).toString() });
          return Promise.resolve(
            isFailing
              ? { kind: 'error', payload: Buffer.from('{"errorType":"Odd"}'), errorType: 'Odd' }
              : { kind: 'result', payload: Buffer.from('"done"') },
          );
        },
      },
      { kinds, observers: [{ accepted: ({ origin, attempt }) => void accepted.push([origin, attempt]) }] },
    );
  });
  after(async () => {
    await house[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Deploys what a lam.yaml declares. */
  async function deploy(triggers: string): Promise<number> {
    const yaml = `name: clock\nruntime: nodejs\ntriggers:\n${triggers}`;
    const [declared] = (await parseProject(yaml, join(folder, 'lam.yaml'), kinds)).functions;
    assert.ok(declared);
    return house.publish(declared.name, declared.config);
  }

  /** Waits for an entry of the log that is not older than `from`. */
  async function logged(what: TickEntry['what'], every: number, from = 0): Promise<TickEntry> {
    for (;;) {
      const entry = log.entries.slice(from).find((e) => e.what === what && e.every === every);
      if (entry !== undefined) return entry;
      await new Promise(setImmediate);
    }
  }

  test('fires with identity, attempt and trace after a deploy of lam.yaml, and receives start and end', async () => {
    assert.equal(await deploy('  - {type: tick, every: 0.02, text: hello}\n  - {type: http, route: GET /clock}\n'), 1);
    assert.equal(log.loads, 1);
    while (log.entries.filter(({ what }) => what === 'settled').length < 2) await new Promise(setImmediate);
    const first = log.entries.filter(({ id }) => id === 'every 0.02 s@1');
    assert.deepEqual(
      first.map(({ what, functionName, outcome }) => [what, functionName, outcome?.kind]),
      [
        ['fire', 'clock', undefined],
        ['started', 'clock', undefined],
        ['settled', 'clock', 'success'],
      ],
    );
    assert.equal(handled[0]?.event, '{"id":"every 0.02 s@1","text":"hello"}');
    assert.deepEqual(accepted[0], [{ kind: 'trigger', trigger: 'tick:every 0.02 s', id: 'every 0.02 s@1' }, 1]);
    assert.deepEqual(accepted[1], [{ kind: 'trigger', trigger: 'tick:every 0.02 s', id: 'every 0.02 s@2' }, 2]);
    const { requestId, traceId } = handled[0].context;
    assert.match(requestId, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(traceId, /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:6c616d00:1$/);
    const outcome = first[2]?.outcome;
    assert.ok(outcome?.kind === 'success');
    assert.deepEqual(
      [outcome.requestId, outcome.version, Buffer.from(outcome.payload).toString()],
      [requestId, 1, '"done"'],
    );
  });

  test('receives a handler error', async () => {
    isFailing = true;
    const from = log.entries.length;
    await logged('started', 0.02, from);
    while (!log.entries.slice(from).some(({ outcome }) => outcome?.kind === 'function-error'))
      await new Promise(setImmediate);
    isFailing = false;
    const failed = log.entries.slice(from).find(({ outcome }) => outcome?.kind === 'function-error')?.outcome;
    assert.deepEqual(failed?.kind === 'function-error' ? failed.errorType : failed, 'Odd');
  });

  test('is shown with its state, and routes in both forms', async () => {
    const shown = (await house.control('/_lam/v1/functions/clock')).json();
    assert.deepEqual(shown['routes'], ['GET /clock']);
    assert.deepEqual(shown['triggers'], [
      { type: 'tick', every: 0.02, text: 'hello' },
      { type: 'http', route: 'GET /clock' },
    ]);
    const [state, ...others] = shown['triggerStates'] as { readonly since: number }[];
    const counts = {
      received: 0,
      filtered: 0,
      refused: 0,
      succeeded: 0,
      failed: 0,
      retried: 0,
      dead: 0,
      running: 0,
      held: 0,
    };
    assert.deepEqual(
      [{ ...state, since: 0 }, others],
      [{ type: 'tick', name: 'every 0.02 s', state: 'running', since: 0, counts }, []],
    );
    const page = renderFunction(shown as unknown as FunctionDetail, Date.now(), new Chalk({ level: 0 }));
    assert.match(page, /^triggers: +tick 'every 0.02 s' running$[^]*^routes +GET \/clock +lam\.yaml$/m);
    assert.equal((await house.ask('/clock')).status, 200);
    const several = { ...shown, triggerStates: [state, { ...state, name: 'another' }] } as unknown as FunctionDetail;
    assert.match(
      renderFunction(several, Date.now(), new Chalk({ level: 0 })),
      /^triggers: +tick 'every 0.02 s' running\n +tick 'another' running$/m,
    );
  });

  test('is listed, paused and resumed over the control API', async () => {
    const path = `/_lam/v1/functions/clock/triggers/tick/${encodeURIComponent('every 0.02 s')}`;
    const states = async (): Promise<unknown> =>
      ((await house.control('/_lam/v1/triggers?type=tick')).json() as unknown as TriggerDetail[]).map(
        ({ functionName, name, state }) => [functionName, name, state],
      );
    const from = log.entries.length;
    assert.equal((await house.control(`${path}/pause`, { method: 'POST' })).status, 200);
    assert.deepEqual(await states(), [['clock', 'every 0.02 s', 'paused']]);
    assert.equal(log.entries.slice(from).at(-1)?.what, 'stop');
    assert.equal((await house.control(`${path}/resume`, { method: 'POST' })).status, 200);
    assert.deepEqual(await states(), [['clock', 'every 0.02 s', 'running']]);
    assert.deepEqual((await house.control('/_lam/v1/triggers?type=other')).json(), []);
    const other = path.replace('tick', 'tock');
    for (const [asked, code] of [
      [`${path}/run`, 'LAM_TRIGGERS_NO_EVENT'],
      [`${other}/pause`, 'LAM_TRIGGERS_NOT_FOUND'],
      [`${path.replace('clock', 'nothing')}/pause`, 'LAM_REGISTRY_FUNCTION_NOT_FOUND'],
    ] as const) {
      assert.equal((await house.control(asked, { method: 'POST' })).json()['code'], code);
    }
  });

  test('follows deploy, rollback and deletion, and fires only while live', async () => {
    assert.equal(await deploy('  - {type: tick, every: 0.03}\n'), 2);
    await logged('stop', 0.02);
    await logged('settled', 0.03);
    const from = log.entries.length;
    await house.registry.rollback(asFunctionName('clock'), {});
    await logged('settled', 0.02, from);
    const after = log.entries.slice(log.entries.findIndex(({ what, every }) => what === 'stop' && every === 0.03));
    assert.deepEqual(
      after.filter(({ what, every }) => what === 'fire' && every === 0.03),
      [],
    );
    await house.registry.deleteFunction(asFunctionName('clock'));
    const gone = log.entries.length;
    await logged('stop', 0.02, from);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.deepEqual(
      log.entries.slice(gone).filter(({ what }) => what === 'fire' || what === 'start'),
      [],
    );
    assert.equal(log.loads, 1);
  });

  test('is refused with all faults, by lam.yaml with line and column and by the daemon', async () => {
    const yaml = [
      'name: clock',
      'runtime: nodejs',
      'triggers:',
      '  - type: tick',
      '    every: often',
      '  - type: tick',
      '    evry: 5',
      '  - {type: tick, every: 13}',
      '  - {type: tick, every: 5}',
      '  - {type: tick, every: 5, text: again}',
    ].join('\n');
    const thrown: unknown = await parseProject(yaml, join(folder, 'lam.yaml'), kinds).catch((error: unknown) => error);
    assert.ok(isLamError(thrown));
    assert.deepEqual(thrown.message.split('\n').slice(1), [
      "  5:12  'triggers.0.every' must be a number, but is 'often'",
      "  6:5  'triggers.1.every' is missing",
      "  7:5  unknown key 'evry' in 'triggers.1'; did you mean 'every'?",
      "  8:25  the tick 'every 13 s' brings bad luck",
      "  10:12  the tick 'every 5 s' of 'clock' has the name of another; give it a 'name' of its own",
    ]);
    const triggers = [{ type: 'tick', every: 'often' }, { type: 'tick', evry: 5 }, { type: 'pigeon' }, 7];
    const refused = await house.publish('clock', { triggers } as never).catch((error: unknown) => String(error));
    for (const part of [
      'every must be a number, in entry 1',
      'every is missing, in entry 2',
      'evry is not a setting of this type, in entry 2',
      `type must be one of ${kinds.map(({ type }) => type).join(', ')}, in entry 3`,
      'must be a map with a type, in entry 4',
    ])
      assert.ok(String(refused).includes(`triggers: ${part}`), `${part} in ${refused}`);
  });
});

test('triggers start with the daemon and fire nothing after its stop', async () => {
  const log: TickLog = { loads: 0, entries: [] };
  const settled: string[] = [];
  const kinds = [
    ...TRIGGER_KINDS,
    tickKind(log, {
      settled: (outcome) => settled.push(outcome.kind === 'refused' ? outcome.error.code : outcome.kind),
    }),
  ];
  const house = await edgeHouse({}, { kinds });
  await house.publish('plain');
  assert.equal(log.loads, 0);
  await house.publish('clock', { triggers: [{ type: 'tick', every: 0.01 }] });
  while (settled.length < 3) await new Promise(setImmediate);
  await house[Symbol.asyncDispose]();
  const { length } = log.entries;
  assert.equal(log.entries.filter(({ what }) => what === 'stop').length, 1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(log.entries.length, length);
  assert.deepEqual(new Set(settled), new Set(['success']));
});
