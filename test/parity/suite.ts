import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  CONTROL,
  knownFunctionName,
  socketPath,
  type ConfigInput,
  type FunctionDetail,
} from '../../src/contract/index.ts';
import { overSocket } from '../e2e/machine.ts';
import { lamSession, NO_DOCKER } from '../e2e/session.ts';
import { homeWithKeptBuilds } from '../support/maven.ts';
import type { ParityFunction } from './behaviours/behaviour.ts';
import { BEHAVIOURS, type BehaviourName } from './behaviours/list.ts';
import { DEFAULT_MEMORY_MIB, ParityPlace } from './place.ts';
import type { ParityDriver, ParityRuntime } from './runtimes/parity-runtime.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/parity');
/** Time that a deploy with its build may take (ms). */
const DEPLOY_MS = 400_000;

/** Variables of every function. */
const ENVIRONMENT = { PARITY_VALUE: 'grün=1' };

/** What sets each function apart from `main`. */
const FUNCTIONS: Readonly<Record<ParityFunction, ConfigInput>> = {
  main: {},
  twin: {},
  brief: { timeoutMs: 1000 },
  failing: { environment: { ...ENVIRONMENT, PARITY_INIT: 'fail' } },
  exiting: { environment: { ...ENVIRONMENT, PARITY_INIT: 'exit' } },
  many: { concurrency: 8 },
  streaming: {},
};

/** One test of the suite: its title and what it runs. */
interface Case {
  readonly title: string;
  readonly uses: readonly ParityFunction[];
  run(place: ParityPlace): Promise<void>;
}

/** What is tested of `runtime`: each behaviour, or what it does instead. */
function casesOf(runtime: ParityRuntime): readonly Case[] {
  return (Object.keys(BEHAVIOURS) as BehaviourName[]).flatMap((name) => {
    const { title, uses = [], run } = BEHAVIOURS[name];
    const differs = runtime.differs[name];
    if (differs === undefined) return [{ title: `${name}: ${title}`, uses, run }];
    if (differs.instead === undefined) return [];
    return [{ title: `${name}: ${differs.note}`, uses, run: differs.instead }];
  });
}

/** The lam.yaml of `main`; JSON is YAML. */
function projectOf(runtime: ParityRuntime): string {
  const memory = runtime.memoryMiB ?? DEFAULT_MEMORY_MIB;
  return JSON.stringify({ name: 'main', ...runtime.settings, memory, timeout: 20, environment: ENVIRONMENT });
}

/** Deploys `main` as people do, and the other functions that `cases` call with the code that was built for it. */
async function deploy({ runtime, session }: ParityPlace, folder: string, cases: readonly Case[]): Promise<void> {
  await session.ok(['deploy'], { cwd: folder, limitMs: DEPLOY_MS });
  const { allVersions, config } = await session.json<FunctionDetail>(['describe', 'main']);
  const { handler, memoryMiB, timeoutMs, image } = config;
  const own = { ...FUNCTIONS, streaming: { handler: runtime.streamingHandler ?? handler } };
  for (const name of new Set(cases.flatMap(({ uses }) => uses))) {
    const shared = { runtime: config.runtime, handler, memoryMiB, timeoutMs, environment: ENVIRONMENT, image };
    const body = { artifact: allVersions[0]?.artifact, config: { ...shared, ...own[name] }, verify: false };
    const path = CONTROL.versions(knownFunctionName(name));
    const answer = await overSocket(socketPath(session.home), 'POST', path, body);
    assert.equal(answer.status, 200, answer.body.toString());
  }
}

/** The suite of one runtime, on each driver that runs it. */
export function describeParity(runtime: ParityRuntime): void {
  describe(`parity of ${runtime.name}`, { concurrency: false }, () => {
    let missing: string | undefined;
    let root: string | undefined;
    before(async () => {
      missing = await runtime.missing();
      if (missing !== undefined) return;
      root = realpathSync(mkdtempSync('/tmp/lam-parity-'));
      cpSync(join(FIXTURES, runtime.name), join(root, runtime.name), { recursive: true });
      writeFileSync(join(root, runtime.name, 'lam.yaml'), projectOf(runtime));
      await runtime.prepare?.(join(root, runtime.name));
    });
    after(() => {
      if (root !== undefined) rmSync(root, { recursive: true, force: true });
    });
    for (const driver of ['process', 'docker'] as const) {
      if (runtime.onlyWith !== undefined && runtime.onlyWith.driver !== driver) continue;
      onDriver(runtime, driver, { folder: () => join(root ?? '', runtime.name), missing: () => missing });
    }
  });
}

/** Known when the tests run: the folder to deploy, and why the runtime cannot run here. */
interface Prepared {
  folder(): string;
  missing(): string | undefined;
}

function onDriver(runtime: ParityRuntime, driver: ParityDriver, prepared: Prepared): void {
  describe(`with the ${driver} driver`, { skip: driver === 'docker' && NO_DOCKER, concurrency: false }, () => {
    const cases = casesOf(runtime);
    let place: ParityPlace | undefined;
    before(async () => {
      if (prepared.missing() !== undefined) return;
      const session = await lamSession({ driver, env: { ...(await runtime.variables?.()) } });
      homeWithKeptBuilds(session.home);
      place = new ParityPlace(runtime, driver, session);
      await deploy(place, prepared.folder(), cases);
    });
    after(() => place?.session.dispose());
    for (const { title, run } of cases)
      test(title, async (t) => {
        if (place === undefined) t.skip(prepared.missing() ?? 'it was not deployed');
        else await run(place);
      });
  });
}
