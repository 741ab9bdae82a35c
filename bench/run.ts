// `npm run bench [-- ROW ...]`: every promise about speed as a ratio to a floor measured in the same run.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { closedLoop, sequential, type Target } from './load.ts';
import { measure, type Measurement, type Row } from './measure.ts';
import { cleanEnvironment, startServer, wallTime } from './processes.ts';
import { LAM, NODE, startRuntime, type RuntimeUnderTest } from './runtime-under-test.ts';

const HELLO = 'exports.handler = async (event) => ({ message: `Hello ${event.name ?? "you"}!` });';
/** One log line per call. */
const LOGGING = 'exports.handler = async (event) => { console.log("called", event.name); return { message: "Hello you!" }; };';
const BODY = '{"name":"you"}';
const INVOKE_PATH = (name: string): string => `/2015-03-31/functions/${name}/invocations`;

interface Scene {
  readonly runtime: RuntimeUnderTest;
  readonly floor: Target;
}

/** Rows of the table, by the name that selects them. */
const ROWS: Readonly<Record<string, (scene: Scene) => Measurement>> = {
  'warm-c1': ({ runtime, floor }) => ({
    name: 'warm c=1 p50, Invoke',
    unit: 'ms',
    floorName: 'static node:http',
    gate: { sense: '<=', value: 4 },
    rounds: 7,
    lam: async () => checked(await sequential({ port: runtime.port, path: INVOKE_PATH('hello'), body: BODY }, 3000)).p50,
    floor: async () => checked(await sequential(floor, 3000)).p50,
  }),
  'warm-c1-http': ({ runtime, floor }) => ({
    name: 'warm c=1 p50, HTTP /function',
    unit: 'ms',
    floorName: 'static node:http',
    gate: { sense: '<=', value: 4 },
    rounds: 7,
    lam: async () => checked(await sequential({ port: runtime.port, path: '/hello', body: BODY }, 3000)).p50,
    floor: async () => checked(await sequential(floor, 3000)).p50,
  }),
  c64: ({ runtime, floor }) => ({
    name: 'throughput c=64, Invoke, one log line a call',
    unit: 'requests/s',
    floorName: 'static node:http',
    gate: { sense: '>=', value: 0.55 },
    rounds: 5,
    lam: async () =>
      checked(await closedLoop({ port: runtime.port, path: INVOKE_PATH('logging'), body: BODY }, 64, 4, runtime.folder)).rate,
    floor: async () => checked(await closedLoop(floor, 64, 4, runtime.folder)).rate,
  }),
  cold: ({ runtime }) => ({
    name: 'cold start, process driver, no stem (Init + boot, seen by the caller)',
    unit: 'ms',
    floorName: 'node -e 0',
    gate: { sense: '<=', value: 1.4 },
    rounds: 30,
    lam: () => coldInvoke(runtime),
    floor: () => wallTime([NODE, '-e', '0'], cleanEnvironment()),
  }),
  'daemon-start': () => ({
    name: 'daemon start to accepting',
    unit: 'ms',
    floorName: 'node -e 0',
    gate: { sense: '<=', value: 3 },
    rounds: 20,
    lam: daemonStart,
    floor: () => wallTime([NODE, '-e', '0'], cleanEnvironment()),
  }),
  'cli-version': ({ runtime }) => ({
    name: 'lam --version',
    unit: 'ms',
    floorName: 'node -e 0',
    gate: { sense: '<=', value: 1.6 },
    rounds: 30,
    lam: () => wallTime([...LAM, '--version'], runtime.environment),
    floor: () => wallTime([NODE, '-e', '0'], cleanEnvironment()),
  }),
  'cli-invoke': ({ runtime }) => ({
    name: 'lam invoke',
    unit: 'ms',
    floorName: 'node -e 0',
    gate: { sense: '<=', value: 1.6 },
    rounds: 30,
    lam: () => wallTime([...LAM, 'invoke', 'hello', '-d', BODY], runtime.environment),
    floor: () => wallTime([NODE, '-e', '0'], cleanEnvironment()),
  }),
};

/** A request that failed says nothing about speed. */
function checked<T extends { readonly errors: number }>(figures: T): T {
  if (figures.errors > 0) throw new Error(`${figures.errors} requests failed`);
  return figures;
}

let coldCount = 0;

/** Time of the first invocation of a version nobody has invoked yet, from request to answer. */
async function coldInvoke(runtime: RuntimeUnderTest): Promise<number> {
  coldCount++;
  await runtime.lam('deploy', 'cold', '--inline', `${HELLO} // ${coldCount}`, '--runtime', 'nodejs');
  const began = performance.now();
  checked(await sequential({ port: runtime.port, path: INVOKE_PATH('cold'), body: BODY }, 1));
  return performance.now() - began;
}

/** From spawning the daemon until it says that it accepts requests. */
async function daemonStart(): Promise<number> {
  const { spawn } = await import('node:child_process');
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const home = await mkdtemp(join(tmpdir(), 'lam-start-'));
  const began = performance.now();
  const settings = { home, port: 0, portExplicit: true, host: '127.0.0.1', driver: 'process' };
  const child = spawn(LAM[0] ?? '', [...LAM.slice(1), '__daemon'], {
    env: cleanEnvironment({ HOME: home, LAM_HOME: home, LAM_DAEMON_SETTINGS: JSON.stringify(settings) }),
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  // As the command itself waits for it: one line on file descriptor 3 once it accepts requests.
  const ready = await new Promise<number>((resolve, reject) => {
    child.stdio[3]?.once('data', (line: Buffer) => {
      if (line.toString().startsWith('{"ok":true')) resolve(performance.now() - began);
      else reject(new Error(`the daemon did not start: ${line.toString()}`));
    });
    child.on('exit', (code) => reject(new Error(`the daemon ended with ${code}`)));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
  await rm(home, { recursive: true, force: true });
  return ready;
}

function table(rows: readonly Row[]): string {
  const cells = rows.map((r) => [
    r.name,
    `${r.lam.toPrecision(4)} ${r.unit}`,
    `${r.floor.toPrecision(4)} ${r.unit} (${r.floorName})`,
    `${r.ratio.toFixed(2)}x [${r.interval[0].toFixed(2)}, ${r.interval[1].toFixed(2)}]`,
    `${r.gate.sense} ${r.gate.value}x`,
    r.holds ? 'holds' : 'MISSED',
  ]);
  const head = ['measure', 'lam', 'floor', 'ratio [95 %]', 'gate', ''];
  const widths = head.map((h, i) => Math.max(h.length, ...cells.map((c) => (c[i] ?? '').length)));
  return [head, ...cells]
    .map((c) =>
      c
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !(name in ROWS));
  if (unknown.length > 0) {
    process.stderr.write(`no such row: ${unknown.join(', ')}; there are ${Object.keys(ROWS).join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  const names = asked.length > 0 ? asked : Object.keys(ROWS);
  const before = loadavg()[0] ?? 0;
  const runtime = await startRuntime();
  const server = await startServer(NODE, join(import.meta.dirname, 'static-server.ts'), cleanEnvironment());
  const rows: Row[] = [];
  try {
    await runtime.deploy('hello', HELLO);
    await runtime.deploy('logging', LOGGING);
    for (const name of names) {
      const make = ROWS[name];
      if (make === undefined) continue;
      const row = await measure(make({ runtime, floor: { port: server.port, path: '/', body: BODY } }));
      rows.push(row);
      process.stderr.write(
        `${row.name}: ${row.ratio.toFixed(2)}x, gate ${row.gate.sense} ${row.gate.value}x, ${row.holds ? 'holds' : 'MISSED'}\n`,
      );
    }
  } finally {
    server.child.kill();
    await runtime.dispose();
  }
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    platform: process.platform,
    loadBefore: before,
    loadAfter: loadavg()[0],
  };
  process.stdout.write(`\n${table(rows)}\n\n${machine.cores} x ${machine.cpu}, Node ${machine.node}, load ${before.toFixed(2)} before\n`);
  const folder = join(import.meta.dirname, 'results');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'latest.json'), `${JSON.stringify({ machine, rows }, undefined, 2)}\n`);
  process.exitCode = rows.every((r) => r.holds) ? 0 : 1;
}

await main();
