import assert from 'node:assert/strict';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { describe, test } from 'node:test';
import { Readable } from 'node:stream';
import { LamClient } from '../../src/client/index.ts';
import { INVOKE } from '../../src/contract/index.ts';
import { manifestOf, uploadOf } from '../unit/store/support.ts';
import { asFunctionName } from '../support/ids.ts';
import { lamSession } from './session.ts';

const NAME = 'moving';
const MOVES = 50;
const CLIENTS = 16;

/** Returns all parts of a version: two files of code, the environment, and its number from the runtime. */
const HANDLER = (mark: number): string => `
import { mark } from './part.mjs';
const begun = process.env.AWS_LAMBDA_FUNCTION_VERSION;
export const handler = async (event, context) => ({
  code: ${mark}, part: mark, environment: Number(process.env.MARK), begun: Number(begun), version: Number(context.functionVersion),
});`;

interface Said {
  readonly code: number;
  readonly part: number;
  readonly environment: number;
  /** The version that its sandbox was started for. */
  readonly begun: number;
  readonly version: number;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** An answer, and the moves that may have made its version live: the last one before the request, and those since. */
interface Taken {
  readonly path: string;
  readonly text: string;
  readonly header: string | string[] | undefined;
  readonly live: readonly Move[];
}

/** A move of the live pointer; its version is known once it has settled. */
interface Move {
  readonly began: number;
  settled: number;
  to: number;
}

function post(base: string, path: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(base + path, { method: 'POST', agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asked.on('error', reject);
    asked.end('{}');
  });
}

async function deploy(daemon: LamClient, mark: number): Promise<number> {
  const files = { 'index.mjs': HANDLER(mark), 'part.mjs': `export const mark = ${mark};` };
  const manifest = manifestOf(files);
  const { artifact, missing } = await daemon.artifacts.plan(manifest);
  await daemon.artifacts.upload({
    manifest,
    zip: missing.length === 0 ? null : Readable.from([uploadOf(files, missing)]),
  });
  const config = {
    runtime: 'nodejs',
    handler: 'index.handler',
    timeoutMs: 30_000,
    environment: { MARK: String(mark) },
  };
  return (await daemon.versions.publish(asFunctionName(NAME), { artifact, config })).version;
}

describe(`${MOVES} deploys and ${MOVES} rollbacks, one after the other, under ${CLIENTS} clients`, () => {
  test('fail no request, mix no versions, and answer only with a live version', { timeout: 240_000 }, async () => {
    await using s = await lamSession();
    await s.ok(['start']);
    const daemon = new LamClient({ home: s.home });
    /** Answer of each version. */
    const marks = new Map<number, number>([[await deploy(daemon, 1), 1]]);
    const moves: Move[] = [{ began: 0, settled: performance.now(), to: 1 }];
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS + 2 });
    const wrong: string[] = [];
    const answers: Taken[] = [];
    let sent = 0;
    let over = false;

    /** Sends one request over the route with this index, and records all faults of the answer. */
    const ask = async (way: number): Promise<void> => {
      const began = performance.now();
      const path = way % 2 === 0 ? INVOKE.path(NAME) : `/${NAME}`;
      const answer = await post(s.url, path, agent).catch((error: unknown) => ({
        status: 0,
        headers: {} as IncomingHttpHeaders,
        text: String(error),
      }));
      const ended = performance.now();
      sent += 1;
      if (answer.status !== 200) {
        wrong.push(`${path}: ${answer.status} ${answer.text}`);
        return;
      }
      const before = moves.findLast((move) => move.settled <= began);
      const during = moves.filter((move) => move.settled > began && move.began < ended);
      answers.push({
        path,
        text: answer.text,
        header: answer.headers[INVOKE.liveVersion],
        live: [...during, ...(before === undefined ? [] : [before])],
      });
    };
    const move = async (how: () => Promise<number>): Promise<void> => {
      const made: Move = { began: performance.now(), settled: Infinity, to: 0 };
      moves.push(made);
      made.to = await how();
      made.settled = performance.now();
      // The first request afterwards over each route.
      await Promise.all([ask(0), ask(1)]);
    };

    const load = async (way: number): Promise<void> => {
      while (!over) await ask(way);
    };
    const clients = Array.from({ length: CLIENTS }, (_, way) => load(way));
    for (let mark = 2; mark < 2 + MOVES; mark += 1) {
      await move(async () => {
        const version = await deploy(daemon, mark);
        marks.set(version, mark);
        return version;
      });
      await move(async () => (await daemon.functions.rollback(asFunctionName(NAME), {})).to);
    }
    over = true;
    await Promise.all(clients);
    agent.destroy();

    for (const { path, text, header, live } of answers) {
      const { version, begun, ...parts } = JSON.parse(text) as Said;
      const mark = marks.get(version);
      if (
        Object.values(parts).some((part) => part !== mark) ||
        begun !== version ||
        (header ?? String(version)) !== String(version)
      ) {
        wrong.push(`${path}: a mix of versions, called ${String(header)}: ${text}`);
      }
      if (!live.some((move) => move.to === version))
        wrong.push(`${path}: ${text}, live was ${live.map((move) => move.to).join(' or ')}`);
    }
    assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} of ${sent} requests`);
    assert.equal(moves.length, 1 + 2 * MOVES);
    // The clients, and the two requests after each move, reached each version at least once.
    assert.ok(sent > 4 * MOVES + CLIENTS, `${sent} requests`);
    const versions = new Set(answers.map(({ text }) => (JSON.parse(text) as Said).version));
    assert.equal(versions.size, 1 + MOVES, 'each version answered');
  });
});
