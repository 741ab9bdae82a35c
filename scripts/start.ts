import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Listr, PRESET_TIMER, type ListrTask } from 'listr2';
import type { FunctionDetail, FunctionSummary, RollbackAnswer, Status } from '../src/contract/index.ts';

/** Demonstrates the main job on a function in demo/, through the built command. */
const root = resolve(import.meta.dirname, '..');
const lam = join(root, 'bin', 'lam');
const event = JSON.stringify({ name: 'Ada' });
const run = promisify(execFile);

/** Results of steps that later steps need. */
interface Tour {
  name: string;
  folder: string;
  status: Status;
  url: string;
  first: string;
}

/** Output of `lam ... --json`. */
type Printed<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly hint?: string } };

/** Runs lam and returns its stdout. Throws with its message and hint. */
async function words(...args: string[]): Promise<string> {
  try {
    return (await run(lam, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`lam ${args.join(' ')}\n${explain(stdout) ?? stderr}`, { cause: error });
  }
}

/** Runs lam with --json and returns its data. */
async function data<T>(...args: string[]): Promise<T> {
  const printed = JSON.parse(await words(...args, '--json')) as Printed<T>;
  if (!printed.ok) throw new Error(printed.error.message);
  return printed.data;
}

function explain(stdout: string): string | undefined {
  try {
    const printed = JSON.parse(stdout) as Printed<never>;
    return printed.ok
      ? undefined
      : [printed.error.message, printed.error.hint].filter((line) => line !== undefined).join('\n');
  } catch {
    // Not JSON: the error is on stderr.
    return undefined;
  }
}

/** The first name `hello-N` without a folder in demo/ and without a deployed function. */
async function freshName(): Promise<string> {
  const folders = existsSync(join(root, 'demo')) ? await readdir(join(root, 'demo')) : [];
  const deployed = await data<readonly FunctionSummary[]>('list');
  const taken = new Set([...folders, ...deployed.map((f) => f.name)]);
  for (let n = 1; ; n += 1) if (!taken.has(`hello-${n}`)) return `hello-${n}`;
}

/** Changes the greeting in the file of the handler; returns its path. */
async function edit(folder: string): Promise<string> {
  for (const file of (await readdir(folder)).filter((name) => /\.[cm]?js$/.test(name) && !name.includes('test'))) {
    const text = await readFile(join(folder, file), 'utf8');
    if (!text.includes('Hello')) continue;
    await writeFile(join(folder, file), text.replaceAll('Hello', 'Good morning'));
    return relative(root, join(folder, file));
  }
  throw new Error(`no file of ${folder} says Hello`);
}

async function overHttp(url: string): Promise<string> {
  const answer = await fetch(url);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered with status ${answer.status}: ${text}`);
  return text;
}

function expect(what: string, got: string, wanted: boolean): void {
  if (!wanted) throw new Error(`${what} is not what it should be: ${got}`);
}

const STEPS: ListrTask<Tour>[] = [
  {
    title: 'start the runtime',
    async task(tour, task) {
      tour.status = await data<Status>('start');
      task.title = `start the runtime: process ${tour.status.pid}, ${tour.status.url}, driver ${tour.status.driver}`;
      task.output = tour.status.driverReason;
    },
    rendererOptions: { persistentOutput: true },
  },
  {
    title: 'scaffold a function: lam init',
    async task(tour, task) {
      tour.name = await freshName();
      tour.folder = join(root, 'demo', tour.name);
      await mkdir(join(root, 'demo'), { recursive: true });
      await words('init', tour.name, '--runtime', 'nodejs', '--template', 'hello', '--cwd', join(root, 'demo'));
      task.title = `scaffold a function in ${relative(root, tour.folder)}: lam init ${tour.name} --runtime nodejs`;
    },
  },
  {
    title: 'deploy v1: lam deploy',
    async task(tour, task) {
      await words('deploy', '--cwd', tour.folder);
      tour.url = (await data<FunctionDetail>('describe', tour.name)).url;
      task.output = tour.url;
    },
    rendererOptions: { persistentOutput: true },
  },
  {
    title: `invoke it: lam invoke -d '${event}'`,
    async task(tour, task) {
      tour.first = (await words('invoke', tour.name, '-d', event)).trim();
      task.output = tour.first;
    },
    rendererOptions: { persistentOutput: true },
  },
  {
    title: 'ask it over HTTP, with the name in the query',
    async task(tour, task) {
      const url = `${tour.url}?name=Ada`;
      const answer = await overHttp(url);
      expect('the answer over HTTP', answer, answer.trim() === tour.first);
      task.title = `ask it over HTTP: curl '${url}'`;
      task.output = answer;
    },
    rendererOptions: { persistentOutput: true },
  },
  {
    title: 'change the code and deploy v2',
    async task(tour, task) {
      const file = await edit(tour.folder);
      await words('deploy', '--cwd', tour.folder, '--message', 'a warmer greeting');
      const second = (await words('invoke', tour.name, '-d', event)).trim();
      expect('the answer of v2', second, second !== tour.first);
      task.title = `change ${file} and deploy v2`;
      task.output = second;
    },
    rendererOptions: { persistentOutput: true },
  },
  {
    title: 'roll back to v1: lam rollback',
    async task(tour, task) {
      const { from, to } = await data<RollbackAnswer>('rollback', tour.name);
      const again = (await words('invoke', tour.name, '-d', event)).trim();
      expect('the answer of v1', again, again === tour.first);
      task.title = `roll back: v${from} -> v${to}`;
      task.output = again;
    },
    rendererOptions: { persistentOutput: true },
  },
  {
    title: 'show its logs: lam logs',
    async task(tour, task) {
      task.output = (await words('logs', tour.name, '--lines', '6')).trimEnd();
    },
    rendererOptions: { persistentOutput: true, outputBar: Number.POSITIVE_INFINITY },
  },
];

const options = {
  concurrent: false,
  rendererOptions: { timer: PRESET_TIMER, collapseErrors: false },
  fallbackRendererOptions: { timer: PRESET_TIMER },
};

try {
  const tour = await new Listr<Tour>(STEPS, options).run();
  const { name, url } = tour;
  console.log(`
${name} answers at ${url} and the runtime stays up (stop it with: bin/lam stop). It runs on the ${tour.status.driver} driver: ${tour.status.driverReason}
Type next:
  bin/lam invoke ${name} -d '{"name":"you"}'
  curl '${url}?name=you'
  bin/lam deploy --cwd demo/${name}
  bin/lam logs ${name} --follow`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
