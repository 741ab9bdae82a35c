import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Simulation } from '../../src/simulator/index.ts';
import { eventually, lamSession } from './session.ts';

const SMALL = ['--functions', '60', '--days', '1', '--invocations', '3000', '--memory', '4096'];

test('simulate needs no daemon, prints the same bytes for the same seed, and writes a complete report', async () => {
  await using s = await lamSession();
  const one = await s.ok(['simulate', ...SMALL, '--seed', '7', '--json']);
  assert.equal((await s.ok(['simulate', ...SMALL, '--seed', '7', '--json'])).stdout, one.stdout);
  assert.notEqual((await s.ok(['simulate', ...SMALL, '--seed', '8', '--json'])).stdout, one.stdout);
  assert.equal(one.stderr, '');

  const page = await s.ok(['simulate', ...SMALL, '--policy', 'lam', '--policy', 'fixed', '--sweep', '--out', 'report']);
  assert.match(page.stdout, /^fixed +[\d.]+ % /m);
  assert.match(page.stdout, /^lam +[\d.]+ % /m);
  assert.doesNotMatch(page.stdout, /^ewma/m);
  assert.match(page.stdout, /^PRICE OF MEMORY/m);
  assert.match(page.stderr, /^running fixed\nrunning lam\n/);
  assert.deepEqual(readdirSync(join(s.cwd, 'report')).toSorted(), [
    'added-latency.svg',
    'scatter.svg',
    'simulation.json',
    'simulation.md',
  ]);
  assert.equal(existsSync(join(s.home, 'daemon.json')) || (await s.run(['status', '--no-start'])).code === 0, false);
});

test('simulate reads a trace in the Azure schema, and reports the line of a fault', async () => {
  await using s = await lamSession();
  const rows = Array.from({ length: 50 }, (_, i) => `a,f,${i * 300 + 1},1`);
  const folder = s.files('traces', {
    'good.csv': `app,func,end_timestamp,duration\n${rows.join('\n')}\n`,
    'bad.csv': `app,func,end_timestamp,duration\n${rows.join('\n')}\na,f,soon,1\n`,
    'none.csv': 'app,func,end_timestamp,duration\n',
  });
  const { trace, outcomes } = await s.json<Simulation>(['simulate', 'good.csv', '--policy', 'fixed'], { cwd: folder });
  assert.deepEqual([trace.from, trace.functions, trace.invocations], ['good.csv', 1, 50]);
  assert.deepEqual([outcomes.length, outcomes[0]?.coldStarts], [1, 1]);
  const fault = await s.refused(['simulate', 'bad.csv'], 'LAM_SIMULATOR_TRACE_MALFORMED', 2, { cwd: folder });
  assert.match(fault.message, /in line 52: its end_timestamp 'soon'/);
  await s.refused(['simulate', 'none.csv'], 'LAM_SIMULATOR_TRACE_EMPTY', 2, { cwd: folder });
  await s.refused(['simulate', 'absent.csv'], 'LAM_SIMULATOR_TRACE_UNREADABLE', 2, { cwd: folder });
  await s.refused(['simulate', ...SMALL.slice(0, -1), '128'], 'LAM_SIMULATOR_MEMORY_TOO_SMALL', 2);
  await s.refused(['simulate', ...SMALL, '--out', 'good.csv'], 'LAM_SIMULATOR_REPORT_NOT_WRITABLE', 1, { cwd: folder });
  await s.refused(['simulate', '--policy', 'best'], 'LAM_CLI_USAGE', 2);
});

test('Ctrl-C ends a simulation with 130 and leaves no file', async () => {
  await using s = await lamSession();
  const child = s.start(['simulate', '--out', 'report']);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  assert.ok(await eventually(() => said.includes('running fixed'), 30_000), said);
  child.kill('SIGINT');
  const code = await new Promise((resolve) => child.once('exit', (exit, signal) => resolve(exit ?? signal)));
  assert.equal(code, 130);
  assert.equal(existsSync(join(s.cwd, 'report')), false);
});
