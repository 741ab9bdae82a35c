import { writeSync } from 'node:fs';
import { systemClock } from '../../../src/kit/clock.ts';
import { LIVE_TRIGGERS } from '../../../src/registry/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { makeRegistry, upload } from './support.ts';
import { asFunctionName } from '../../support/ids.ts';

/** Deploys until it is killed, and prints each finished version: one line `NAME VERSION ARTIFACT`. */
const [home = '', round = ''] = process.argv.slice(2);
const store = await openStore(home, { clock: systemClock, facts: [LIVE_TRIGGERS] });
const registry = makeRegistry(store, systemClock);
for (let n = 0; n < 500; n++) {
  const name = `f${n % 3}`;
  const files = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`lib/${i}.js`, `shared ${i}`.repeat(100)]));
  // Every fourth has so many files that they are flushed together.
  const many = n % 4 === 1 ? Array.from({ length: 80 }, (_, i) => [`many/${i}.js`, `${round} ${n} ${i}`]) : [];
  const artifact = await upload(store, {
    ...files,
    ...Object.fromEntries(many),
    'index.js': `${round} ${n}`,
    'data.bin': Buffer.alloc(60_000, `${round} ${n}`),
  });
  const { version } = await registry.publish(asFunctionName(name), { artifact, config: {} });
  if (n % 20 === 19) await registry.gc({ keep: 30 });
  writeSync(1, `${name} ${version} ${artifact}\n`);
}
