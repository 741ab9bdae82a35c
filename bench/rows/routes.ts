import { HELLO } from '../lam/functions.ts';
import type { Lam } from '../lam/lam.ts';
import { closedLoop, requireWrk } from '../load/load.ts';
import { BODY, type Target } from '../load/target.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../scene.ts';
import { contest, findingOf, placed, rate } from './contest.ts';

const ROUTES = 1000;
/** Paths in turn; more than a connection repeats before the next one, so that every request is routed. */
const PATHS = 1000;

/** A daemon whose one function answers at these routes. */
async function routed(scene: Scene, routes: readonly string[]): Promise<Lam> {
  const lam = await scene.own('process');
  await lam.deploy('hello', HELLO, { routes });
  await lam.invoke('hello');
  await lam.quiet();
  return lam;
}

function targetsOf(lam: Lam): readonly Target[] {
  const { host, port } = lam.target('hello');
  return Array.from({ length: PATHS }, (_, n) => ({ host, port, path: `/app/r${n % ROUTES}/items/${n}`, body: BODY }));
}

const routing: Row = {
  id: 'routes-1000',
  group: 'triggers',
  measures: [
    rate('routes-1000', `throughput c=64 among ${ROUTES} routes`, 'the same, one route', { value: 0.95, aim: 0.99 }),
  ],
  async run(scene) {
    requireWrk();
    const many = await routed(
      scene,
      Array.from({ length: ROUTES }, (_, n) => `POST /app/r${n}/items/{id}`),
    );
    const one = await routed(scene, ['POST /app/{r}/items/{id}']);
    try {
      const side = (name: string, lam: Lam) => ({ name, target: lam.target('hello'), pids: [lam.pid] });
      const targets = new Map([many, one].map((lam) => [lam.target('hello').port, targetsOf(lam)]));
      const samples = await contest(scene, {
        layout: 'shared',
        rounds: scene.rounds(9),
        sides: [side('lam', many), side('floor', one)],
        take: ({ port }, prefix) =>
          closedLoop({
            targets: targets.get(port) ?? [],
            connections: 64,
            seconds: scene.rounds(4, 2),
            folder: scene.folder,
            prefix,
          }),
      });
      return { findings: { 'routes-1000': findingOf(samples, placed(scene, 'shared')) } };
    } finally {
      await many.dispose();
      await one.dispose();
    }
  },
};

export const ROUTE_ROWS: readonly Row[] = [routing];
