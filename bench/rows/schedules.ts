import { PUNCTUAL } from '../lam/functions.ts';
import { pause, type Lam } from '../lam/lam.ts';
import type { Row, RowResult } from '../row.ts';
import type { Scene } from '../scene.ts';

/** Runs a second. */
const RATE = 100;
/** From the deploy to the first run: so long a deploy of thousands of schedules may take (ms). */
const LEAD_MS = 6000;
/** Time limit from the last planned run until its line can be read (ms). */
const LIMIT_MS = 30_000;

const lateness: Row = {
  id: 'schedule-lateness',
  group: 'triggers',
  measures: [
    {
      id: 'schedule-lateness',
      title: `lateness of the handler at ${RATE} schedules a second`,
      unit: 'ms',
      basis: { kind: 'absolute', quantile: 0.99 },
      floorName: null,
      gate: { sense: '<=', value: 20, aim: 10 },
    },
  ],
  run: latenessRun,
};

async function latenessRun(scene: Scene): Promise<RowResult> {
  const seconds = scene.rounds(20, 4);
  const lam = await scene.own('process');
  try {
    const late = await latenessOf(lam, seconds * RATE);
    const notes = [`${late.length} single runs over ${seconds} s, from the planned time to the handler's first line`];
    return { findings: { 'schedule-lateness': { lam: late, notes } } };
  } finally {
    await lam.dispose();
  }
}

/** Plans `count` runs at even intervals; returns how late each began (ms). */
async function latenessOf(lam: Lam, count: number): Promise<readonly number[]> {
  const first = Date.now() + LEAD_MS;
  const times = Array.from({ length: count }, (_, n) => first + Math.round((n * 1000) / RATE));
  const triggers = times.map((at) => ({ type: 'schedule', at: new Date(at).toISOString(), event: { at } }));
  await lam.deploy('punctual', PUNCTUAL, { triggers });
  if (Date.now() > first) throw new Error(`the deploy of ${count} schedules took longer than ${LEAD_MS / 1000} s`);
  await pause((times.at(-1) ?? first) - Date.now());
  const until = performance.now() + LIMIT_MS;
  for (;;) {
    const late = [...(await lam.control.logs('punctual')).matchAll(/late (-?\d+) ms/g)].map((match) =>
      Number(match[1]),
    );
    if (late.length === count) return late;
    if (late.length > count || performance.now() > until)
      throw new Error(`${count} runs were planned, and ${late.length} took place`);
    await pause(100);
  }
}

export const SCHEDULE_ROWS: readonly Row[] = [lateness];
