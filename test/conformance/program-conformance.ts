import { after, before, describe } from 'node:test';
import { type Boot, DriverRig, type Subject } from './driver-rig.ts';
import { programs } from './stdio-suite.ts';
import { wasiCommands } from './wasm-suite.ts';

/** Guarantees of the runtimes that start a program per invocation, with every driver. */
export function programConformance(subject: Subject): void {
  describe(`programs: ${JSON.stringify(subject)}`, { concurrency: false }, () => {
    let rig: DriverRig;
    before(async () => {
      rig = await DriverRig.make(subject);
    });
    after(() => rig[Symbol.asyncDispose]());
    const boot: Boot = (runtime, options) => rig.boot(runtime, options);
    programs(boot, () => rig);
    wasiCommands(() => rig);
  });
}
