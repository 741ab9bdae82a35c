import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanEnvironment, findProgram, NODE, outputOf } from '../processes.ts';
import { NotRun } from '../row.ts';
import type { Target } from './target.ts';
import type { LoadReport, LoadTask } from './tasks.ts';
import { parseWrk } from './wrk-output.ts';

const GENERATOR = join(import.meta.dirname, 'generator.ts');

/** Throws when requests failed: their latency means nothing. */
function checked<T extends { readonly errors: number }>(report: T, what: string): T {
  if (report.errors > 0) throw new Error(`${report.errors} requests to ${what} failed`);
  return report;
}

const nameOf = (target: Target): string => `http://${target.host}:${target.port}${target.path}`;

/** Runs a load in its own process; `prefix` precedes its command. Rejects when a request fails. */
export async function generate(task: LoadTask, prefix: readonly string[] = []): Promise<LoadReport> {
  const out = await outputOf([...prefix, NODE, '--no-warnings', GENERATOR, JSON.stringify(task)], cleanEnvironment());
  return checked(JSON.parse(out) as LoadReport, nameOf(task.target));
}

/** A closed loop. */
export interface ClosedLoop {
  /** One target, or several with the same port and headers, in turn. */
  readonly targets: readonly Target[];
  readonly connections: number;
  readonly seconds: number;
  /** For wrk's script. */
  readonly folder: string;
  readonly prefix?: readonly string[];
}

/** Answers per second of a closed loop by wrk (Debian package `wrk`), the cheapest generator. */
export async function closedLoop({ targets, connections, seconds, folder, prefix = [] }: ClosedLoop): Promise<number> {
  const wrk = requireWrk();
  const [first] = targets;
  if (first === undefined) throw new Error('a closed loop needs a target');
  const script = join(folder, 'requests.lua');
  await writeFile(script, luaScript(targets));
  const url = `http://${first.host}:${first.port}${first.path}`;
  const out = await outputOf(
    [...prefix, wrk, '-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url],
    cleanEnvironment(),
  );
  return checked(parseWrk(out), nameOf(first)).perSecond;
}

/** Throws {@link NotRun} where wrk is missing. */
export function requireWrk(): string {
  const wrk = findProgram('wrk');
  if (wrk === undefined) throw new NotRun('there is no wrk here: apt-get install wrk');
  return wrk;
}

/** Formats all requests before the loop begins, so that taking them in turn costs an index. */
function luaScript(targets: readonly Target[]): string {
  const paths = targets.map((target) => `"${target.path}"`).join(', ');
  return [
    'wrk.method = "POST"',
    `wrk.body = [[${targets[0]?.body ?? ''}]]`,
    'wrk.headers["Content-Type"] = "application/json"',
    ...Object.entries(targets[0]?.headers ?? {}).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`),
    `local paths = { ${paths} }`,
    'local requests = {}',
    'local at = 0',
    'init = function() for i, path in ipairs(paths) do requests[i] = wrk.format(nil, path) end end',
    'request = function() at = at % #requests + 1; return requests[at] end',
    '',
  ].join('\n');
}
