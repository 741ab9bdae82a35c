// `npm run bench [-- ROW|GROUP ...]`: every promise about speed, against floors measured in the same run.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OWN_LAM, type LamCommand } from './lam/lam.ts';
import { watchMachine } from './machine.ts';
import type { Outcome } from './measure.ts';
import { chooseRows, HELP, parseOptions, type Options } from './options.ts';
import { NODE } from './processes.ts';
import { figureText, gateText } from './report/format.ts';
import { circumstances, resultFiles, writeResults, type Results } from './report/results.ts';
import { plainTable, remarks, summary } from './report/table.ts';
import type { Curve, Row } from './row.ts';
import { ROWS } from './rows/index.ts';
import { OPEN_LOOP_PER_SECOND } from './rows/warm.ts';
import { Session } from './session.ts';

const RESULTS = join(import.meta.dirname, 'results');

function commandOf(lam: string | undefined): LamCommand {
  if (lam === undefined) return OWN_LAM;
  return /\.c?js$/.test(lam) ? [NODE, resolve(lam)] : [resolve(lam)];
}

function listing(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) =>
    row.measures.map((m) => `${row.group.padEnd(10)}${row.id.padEnd(20)}${gateText(m, m.gate).padEnd(22)}${m.title}`),
  );
  return `${'group'.padEnd(10)}${'row'.padEnd(20)}${'gate'.padEnd(22)}measure\n${lines.join('\n')}\n`;
}

function progress(outcome: Outcome): string {
  const { title, figure, why, verdict, gate } = outcome;
  const said = figure === null ? (why ?? '') : `${figureText(outcome, figure)}, gate ${gateText(outcome, gate)}`;
  return `${verdict.padEnd(8)}${title}: ${said}\n`;
}

async function measure(options: Options, rows: readonly Row[]): Promise<Results> {
  const session = new Session({
    command: commandOf(options.lam),
    peers: options.peers,
    quick: options.quick,
    floorsOnly: false,
  });
  session.endOnSignal();
  const ended = watchMachine();
  const outcomes: Outcome[] = [];
  const curves: Curve[] = [];
  try {
    for (const row of rows) {
      const found = await session.run(row);
      outcomes.push(...found.outcomes);
      curves.push(...found.curves);
      process.stderr.write(found.outcomes.map(progress).join(''));
    }
  } finally {
    await session.close();
  }
  return { machine: ended(), isQuick: options.quick, outcomes, curves };
}

async function main(argv: readonly string[]): Promise<number> {
  let options: Options;
  let rows: readonly Row[];
  try {
    options = parseOptions(argv);
    rows = chooseRows(ROWS, options.names);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  if (options.help || options.list) {
    process.stdout.write(options.help ? HELP : listing(rows));
    return 0;
  }
  if (options.lam === undefined && !existsSync(resolve(import.meta.dirname, '../dist/lam.cjs'))) {
    process.stderr.write('there is no lam to measure yet: npm run build\n');
    return 2;
  }
  const results = await measure(options, rows);
  const isFull = options.names.length === 0 && !options.quick;
  const folder = options.out ?? (isFull ? RESULTS : join(RESULTS, 'partial'));
  await writeResults(folder, resultFiles(results, OPEN_LOOP_PER_SECOND));
  const { outcomes } = results;
  const lines = [...remarks(outcomes), ...circumstances(results), `${summary(outcomes)}; results in ${folder}`];
  process.stdout.write(
    options.json ? `${JSON.stringify(results, undefined, 2)}\n` : `\n${plainTable(outcomes)}\n${lines.join('\n')}\n`,
  );
  return outcomes.some(({ verdict }) => verdict === 'missed' || verdict === 'failed') ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
