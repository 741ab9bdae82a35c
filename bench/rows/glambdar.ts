import type { Lam } from '../lam/lam.ts';
import type { Target } from '../load/target.ts';
import type { Row } from '../row.ts';
import { contest, findingOf, latency, oneByOne, placed } from './contest.ts';

/** The function of Glambdar's README, whose answer both APIs take. */
const GREETING = {
  'index.js': `exports.handler = async (req) => {
  const jsonData = await req.json();
  return { statusCode: 200, body: { message: \`Hello \${jsonData.name}!\` } };
};
`,
};

function targetAt(lam: Lam, path: string): Target {
  return { ...lam.httpTarget('greet'), path };
}

const invoke: Row = {
  id: 'glambdar-invoke',
  group: 'triggers',
  measures: [
    latency('glambdar-invoke', "one by one, Glambdar's /invoke/NAME", "the function's own URL", {
      value: 1.1,
      aim: 1,
    }),
  ],
  async run(scene) {
    const lam = await scene.own('process');
    try {
      await lam.deploy('greet', GREETING);
      await lam.quiet();
      const samples = await contest(scene, {
        layout: 'one-core',
        rounds: scene.rounds(9),
        sides: [
          { name: 'lam', target: targetAt(lam, '/invoke/greet'), pids: [lam.pid] },
          { name: 'floor', target: targetAt(lam, '/greet'), pids: [lam.pid] },
        ],
        take: oneByOne(scene),
      });
      return { findings: { 'glambdar-invoke': findingOf(samples, placed(scene, 'one-core')) } };
    } finally {
      await lam.dispose();
    }
  },
};

export const GLAMBDAR_ROWS: readonly Row[] = [invoke];
