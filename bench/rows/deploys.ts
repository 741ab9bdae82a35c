import { hello, tagged } from '../lam/functions.ts';
import { pause, type Lam } from '../lam/lam.ts';
import { INVOKE } from '../../src/contract/index.ts';
import { headerOf } from '../load/answer-reader.ts';
import type { Connection } from '../load/connection.ts';
import { BODY, requestBytes } from '../load/target.ts';
import type { Measure } from '../measure.ts';
import type { Row, RowResult } from '../row.ts';
import type { Scene } from '../scene.ts';
import { quantile } from '../stats.ts';
import { Ledger, type Seen } from './ledger.ts';
import { stemReady } from './starts.ts';

const GROUP = 'deploy';

const cost: Row = {
  id: 'deploy-cost',
  group: GROUP,
  measures: [
    absolute('deploy', 'deploy of a small function, daemon side', { value: 40, aim: 20 }),
    absolute('deploy-check', 'what the check of its code adds to it, with a stem', { value: 30, aim: 15 }),
    absolute('rollback', 'rollback, daemon side', { value: 10, aim: 3 }),
  ],
  async run(scene) {
    const lam = await scene.own('process');
    try {
      const deploys: number[] = [];
      const unchecked: number[] = [];
      const rollbacks: number[] = [];
      await lam.deployVerified('app', hello('first'));
      await lam.invoke('app');
      for (let i = 0; i < scene.rounds(40, 8); i++) {
        await stemReady(lam);
        deploys.push((await lam.deployVerified('app', hello(`deploy ${i}`))).daemonMs);
        await stemReady(lam);
        unchecked.push((await lam.deploy('app', hello(`unchecked ${i}`))).daemonMs);
        await lam.quiet();
        rollbacks.push((await lam.control.rollback('app')).daemonMs);
      }
      const p99 = (samples: readonly number[]): string => `p99 ${quantile(samples, 0.99).toFixed(1)} ms`;
      return {
        findings: {
          deploy: { lam: deploys, notes: [p99(deploys)] },
          'deploy-check': {
            lam: deploys.map((ms, i) => ms - (unchecked[i] ?? 0)),
            notes: [`p50 ${quantile(unchecked, 0.5).toFixed(1)} ms without the check`],
          },
          rollback: { lam: rollbacks, notes: [p99(rollbacks)] },
        },
      };
    } finally {
      await lam.dispose();
    }
  },
};

const CALLERS = 16;
const PAIRS = 50;
/** Between two moves of the live pointer, ms. */
const BETWEEN_MS = 20;

const underLoad: Row = {
  id: 'deploy-under-load',
  group: GROUP,
  measures: [
    none('deploy-failed', `failed or mixed while deploy and rollback alternate ${PAIRS} times, c=${CALLERS}`),
    none('deploy-stale', 'answers from the old version after the deploy or rollback returned'),
  ],
  run: underLoadRun,
};

async function underLoadRun(scene: Scene): Promise<RowResult> {
  const lam = await scene.own('process');
  const connections: Connection[] = [];
  try {
    const ledger = new Ledger();
    await deployTagged(lam, ledger, 'base');
    await lam.invoke('swap');
    for (let i = 0; i <= CALLERS; i++) connections.push(await lam.connect());
    const [probe, ...callers] = connections;
    if (probe === undefined) throw new Error('no connection');
    let isOver = false;
    const load = callers.map(async (connection) => {
      while (!isOver) ledger.see(await askOnce(lam, connection));
    });
    const pairs = scene.rounds(PAIRS, 10);
    for (let i = 0; i < pairs; i++) {
      await deployTagged(lam, ledger, `tag-${i}`);
      ledger.see(await askOnce(lam, probe));
      await pause(BETWEEN_MS);
      const begunAt = performance.now();
      const { version } = await lam.control.rollback('swap');
      ledger.moved({ version, begunAt, returnedAt: performance.now() });
      ledger.see(await askOnce(lam, probe));
      await pause(BETWEEN_MS);
    }
    isOver = true;
    await Promise.all(load);
    const { answers, failed, mixed, stale } = ledger.count();
    const notes = [`${answers} answers over ${pairs} deploys and ${pairs} rollbacks: ${failed} failed, ${mixed} mixed`];
    return {
      findings: {
        'deploy-failed': { lam: [failed + mixed], notes },
        'deploy-stale': { lam: [stale], notes: [`of ${answers} answers`] },
      },
    };
  } finally {
    for (const connection of connections) connection.close();
    await lam.dispose();
  }
}

/** Deploys code, a second file and an environment that all carry the tag. */
async function deployTagged(lam: Lam, ledger: Ledger, tag: string): Promise<void> {
  const begunAt = performance.now();
  const { version } = await lam.deployVerified('swap', tagged(tag), { environment: { TAG: tag } });
  ledger.tagged(version, tag);
  ledger.moved({ version, begunAt, returnedAt: performance.now() });
}

async function askOnce(lam: Lam, connection: Connection): Promise<Seen> {
  const sentAt = performance.now();
  const { status, head, body } = await connection.exchange(requestBytes('POST', lam.target('swap').path, BODY));
  const answeredAt = performance.now();
  const isFailure = status !== 200 || headerOf(head, INVOKE.functionError) !== undefined;
  const version = Number(headerOf(head, INVOKE.liveVersion));
  return {
    sentAt,
    answeredAt,
    version,
    tags: isFailure ? undefined : Object.values(JSON.parse(body.toString()) as Record<string, string>),
  };
}

function absolute(id: string, title: string, gate: { readonly value: number; readonly aim: number }): Measure {
  return {
    id,
    title,
    unit: 'ms',
    basis: { kind: 'absolute', quantile: 0.5 },
    floorName: null,
    gate: { sense: '<=', ...gate },
  };
}

function none(id: string, title: string): Measure {
  return {
    id,
    title,
    unit: 'requests',
    basis: { kind: 'absolute', quantile: 1 },
    floorName: null,
    gate: { sense: '<=', value: 0, aim: 0 },
  };
}

export const DEPLOY_ROWS: readonly Row[] = [cost, underLoad];
