import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { DEFAULT_CONFIG, type TriggerConfig } from '../../src/contract/index.ts';
import { isLamError } from '../../src/errors/index.ts';
import { parseProject } from '../../src/project/index.ts';
import { checkConfig } from '../../src/registry/config.ts';
import { effectiveConfig } from '../../src/registry/layers.ts';
import { readCatalogue } from '../../src/store/catalogue/schema.ts';
import { expandShortForms, inShortForms, overrideTriggers, TRIGGER_KINDS } from '../../src/triggers/index.ts';
import { asFunctionName, digestFor } from '../support/ids.ts';

const http = (route: string): TriggerConfig => ({ type: 'http', route });

/** Valid and invalid routes of few paths, so that some conflict. */
const route = fc.oneof(
  fc
    .tuple(fc.constantFrom('GET', 'ANY', 'POST'), fc.constantFrom('/', '/a', '/{x}', '/{y}', '/a/{rest+}'))
    .map((p) => p.join(' ')),
  fc.constantFrom('FETCH /a', 'GET a', 'GET /a//b', 'GET /_lam/x', ''),
);
const routes = fc.array(route, { maxLength: 5 });

/** Result of loading a project: its triggers, or the messages of its faults without positions. */
async function outcomeOf(functions: Record<string, object>): Promise<unknown> {
  try {
    const project = await parseProject(stringify({ defaults: { runtime: 'nodejs' }, functions }), '/nowhere/lam.yaml');
    return project.functions.map(({ config }) => config.triggers);
  } catch (error) {
    assert.ok(isLamError(error));
    return (error.details['faults'] as { message: string }[]).map(({ message }) => message).toSorted();
  }
}

describe('routes and triggers of type http', () => {
  test('are equivalent in lam.yaml, including faults and conflicts', () =>
    fc.assert(
      fc.asyncProperty(routes, routes, async (a, b) => {
        const short = await outcomeOf({ a: { routes: a }, b: { routes: b } });
        const long = await outcomeOf({ a: { triggers: a.map(http) }, b: { triggers: b.map(http) } });
        const mixed = await outcomeOf({ a: { triggers: a.map(http) }, b: { routes: b } });
        assert.deepEqual([short, mixed], [long, long]);
      }),
      { numRuns: 20 },
    ));

  test('are equivalent in the daemon, as deployed and as live settings', () =>
    fc.assert(
      fc.property(routes, routes, fc.option(routes), (declared, others, live) => {
        const refusal = (triggers: readonly TriggerConfig[]): unknown => {
          try {
            checkConfig(asFunctionName('f'), { ...DEFAULT_CONFIG, triggers }, TRIGGER_KINDS);
            return undefined;
          } catch (error) {
            return String(error);
          }
        };
        const input = expandShortForms({ triggers: declared.map(http), routes: others }, TRIGGER_KINDS);
        assert.deepEqual(input, { triggers: [...declared, ...others].map(http) });
        const overrides = live === null ? {} : { routes: live };
        const { triggers } = effectiveConfig({ input, overrides, flags: {} }, TRIGGER_KINDS);
        assert.deepEqual(triggers, (live ?? [...declared, ...others]).map(http));
        assert.equal(
          refusal(triggers),
          refusal(effectiveConfig({ input: { triggers }, overrides: {}, flags: {} }, TRIGGER_KINDS).triggers),
        );
        assert.deepEqual(inShortForms(triggers, TRIGGER_KINDS), {
          routes: live ?? [...declared, ...others],
          schedules: [],
        });
      }),
    ));

  test('keep triggers of other kinds when routes are set live', () =>
    fc.assert(
      fc.property(fc.array(fc.oneof(route.map(http), fc.constant({ type: 'other' }))), routes, (triggers, live) => {
        const others = triggers.filter(({ type }) => type === 'other');
        assert.deepEqual(overrideTriggers(triggers, { routes: live }, TRIGGER_KINDS), [...others, ...live.map(http)]);
      }),
    ));
});

describe('the migration of a catalogue from schema 2', () => {
  const { triggers: _new, ...before } = DEFAULT_CONFIG;
  const version = fc.record({ routes, given: fc.option(routes), description: fc.string() });
  const functions = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.array(version, { minLength: 1, maxLength: 3 }));

  test('converts the routes of each version and keeps everything else', () =>
    fc.assert(
      fc.property(functions, fc.option(routes), (all, live) => {
        const overrides = live === null ? { memoryMiB: 64 } : { routes: live, memoryMiB: 64 };
        const record = (name: string, versions: (typeof all)[string], now: boolean): object => ({
          name,
          createdAt: 1,
          updatedAt: 2,
          lastVersion: versions.length,
          live: 1,
          aliases: { prod: 1 },
          overrides,
          history: [{ at: 1, by: 'me', action: 'deploy', from: null, to: 1, message: '' }],
          versions: Object.fromEntries(
            versions.map(({ routes: served, given, description }, n) => {
              const asked = given === null ? {} : now ? { triggers: given.map(http) } : { routes: given };
              const config = now ? { triggers: served.map(http) } : { routes: served };
              const rest = { artifact: digestFor('a'), createdAt: 1, by: '', message: '', size: 1 };
              const settings = { config: { ...before, description, ...config }, input: { description, ...asked } };
              return [n + 1, { version: n + 1, ...settings, ...rest }];
            }),
          ),
        });
        const of = (now: boolean): object =>
          Object.fromEntries(Object.entries(all).map(([name, versions]) => [name, record(name, versions, now)]));
        const reading = readCatalogue(JSON.stringify({ schema: 2, retired: { gone: 4 }, functions: of(false) }));
        assert.deepEqual(reading, { kind: 'ok', data: { schema: 7, retired: { gone: 4 }, functions: of(true) } });
        const again = readCatalogue(JSON.stringify({ schema: 7, retired: { gone: 4 }, functions: of(true) }));
        assert.deepEqual(again, reading);
      }),
    ));
});
