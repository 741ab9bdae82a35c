/**
 * Creates sandboxes, one with a child process, and stems, one of them bound, reports that on stdout and waits to be
 * killed. Arguments: subject as JSON, home, assets.
 */
import { boot, fixtureIn, openDriver, type Subject } from './driver-rig.ts';
import { StemUnderTest } from './stem-rig.ts';

const [subject = '', home = '', assets = ''] = process.argv.slice(2);
const driver = await openDriver(JSON.parse(subject) as Subject, home, assets);
const sandboxes = await Promise.all([
  boot(driver, home, 'nodejs'),
  boot(driver, home, 'python3'),
  boot(driver, home, 'provided'),
]);
await sandboxes[0].text({ what: 'child' });
await StemUnderTest.boot(driver, 'python3');
const stem = await StemUnderTest.boot(driver, 'nodejs');
await stem.become(fixtureIn(home, 'nodejs'));
console.log('made');
setInterval(() => undefined, 60_000);
