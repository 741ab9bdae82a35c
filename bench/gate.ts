// `npm run bench:gate`: a minute of the bench, for every change. Only ratios, because no two machines are alike, and
// with slack, because a busy machine measures badly: it is there to notice that something became much slower, not to
// prove how fast lam is.
import { OWN_LAM } from './lam/lam.ts';
import { watchMachine, warnings } from './machine.ts';
import { holds, type Gate, type Outcome } from './measure.ts';
import type { Row } from './row.ts';
import { ROWS } from './rows/index.ts';
import { Session } from './session.ts';
import { median, ratios } from './stats.ts';

/** Slack factor of the gates: ratios of short runs beside other work can double. */
const SLACK = 2.5;

/** The checked measures. A measure whose own gate is a time gets a gate on the ratio to its floor. */
const CHECKED: Readonly<Record<string, Pick<Gate, 'sense' | 'value'> | undefined>> = {
  // 8 ms where a Node starts in 27.
  'process-stem': { sense: '<=', value: 0.3 },
  'process-cold': undefined,
  'warm-c1': undefined,
  // What two cores reach with the generator on one of them; the row's own gate is further away.
  c64: { sense: '>=', value: 0.36 },
  'daemon-start': undefined,
  'cli-version': undefined,
  'cli-invoke': undefined,
  'cli-logs': undefined,
};

/** A measure and its gate with slack. */
interface Checked {
  readonly title: string;
  readonly verdict: 'holds' | 'missed' | 'failed' | 'not run';
  readonly said: string;
}

function check(outcome: Outcome): Checked {
  const { id, title, verdict, samples, why = '' } = outcome;
  if (verdict === 'failed' || verdict === 'not run') return { title, verdict, said: why };
  const gate = CHECKED[id] ?? outcome.gate;
  const figure = median(ratios(samples.lam, samples.floor));
  const limit = gate.sense === '<=' ? gate.value * SLACK : gate.value / SLACK;
  const said = `${figure.toFixed(2)}x ${outcome.floorName ?? ''}, allowed ${gate.sense} ${limit.toFixed(2)}x`;
  return { title, verdict: holds(figure, gate, SLACK) ? 'holds' : 'missed', said };
}

const isBad = ({ verdict }: Checked): boolean => verdict === 'missed' || verdict === 'failed';

/** A row that misses is repeated once, because a disturbance may not recur. */
async function runRow(session: Session, row: Row): Promise<readonly Checked[]> {
  const attempt = async (): Promise<readonly Checked[]> => {
    const { outcomes } = await session.run(row);
    return outcomes.filter(({ id }) => id in CHECKED).map(check);
  };
  const first = await attempt();
  if (!first.some(isBad)) return first;
  process.stdout.write(`again: ${first.map(({ title, said }) => `${title}: ${said}`).join('; ')}\n`);
  return attempt();
}

const session = new Session({ command: OWN_LAM, peers: [], quick: true, floorsOnly: true });
session.endOnSignal();
const ended = watchMachine();
const checked: Checked[] = [];
try {
  for (const row of ROWS.filter(({ measures }) => measures.some(({ id }) => id in CHECKED)))
    checked.push(...(await runRow(session, row)));
} finally {
  await session.close();
}
const width = Math.max(...checked.map(({ title }) => title.length));
for (const { title, verdict, said } of checked)
  process.stdout.write(`${verdict.padEnd(7)}  ${title.padEnd(width)}  ${said}\n`);
for (const warning of warnings(ended())) process.stdout.write(`warning: ${warning}\n`);
process.exitCode = checked.some(isBad) ? 1 : 0;
