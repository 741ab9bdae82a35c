import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import {
  POLICY_NAMES,
  readAzureTrace,
  simulate,
  syntheticTrace,
  writeReport,
  type Trace,
} from '../../simulator/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderSimulation, simulationProgress } from '../render/simulation.ts';

/** Memory of a stem: the smallest limit of a sandbox (MiB). */
const STEM_MIB = 128;

export default class Simulate extends LamCommand {
  static override summary = 'Compare how long sandboxes are kept, on a trace of invocations and a simulated machine.';
  static override description =
    "Runs lam's own policy and five others (ten minutes for all, LRU, greedy-dual, the Azure histogram, Glambdar's moving average) in virtual time over the same invocations and the same memory. Reads traces with the columns app,func,end_timestamp,duration, in seconds, as Azure published in 2021; without a file it generates one. No daemon is needed, and the same seed gives the same bytes.";
  // A tool for development of lam, run with `npm run simulate`.
  static override hidden = true;
  static override args = {
    trace: Args.string({
      description: 'CSV file with the columns app,func,end_timestamp,duration; left out: a synthetic trace',
    }),
  };
  static override flags = {
    policy: Flags.option({ options: POLICY_NAMES, multiple: true })({
      summary: 'Policy to run; repeatable (default: all).',
    }),
    memory: Flags.integer({
      summary: 'Memory of the machine, MiB; the same for every policy.',
      default: 32_768,
      min: 128,
      helpValue: 'MIB',
    }),
    cores: Flags.integer({
      summary: 'Cores of the machine, which bound how many boots lam makes at once.',
      default: 8,
      min: 1,
      helpValue: 'N',
    }),
    concurrency: Flags.integer({
      summary: 'Requests at once in one sandbox, for every policy.',
      default: 1,
      min: 1,
      helpValue: 'N',
    }),
    cold: Flags.integer({
      summary: "Time to boot a sandbox, without the function's init.",
      default: 250,
      min: 1,
      helpValue: 'MS',
    }),
    stem: Flags.integer({
      summary: "Time to bind a stem to a function, without the function's init.",
      default: 10,
      min: 0,
      helpValue: 'MS',
    }),
    seed: Flags.integer({
      summary: 'Seed of a synthetic trace, and of what a trace leaves out.',
      default: 1,
      min: 0,
      helpValue: 'N',
    }),
    functions: Flags.integer({
      summary: 'Functions of a synthetic trace; some are never called.',
      default: 1000,
      min: 1,
      helpValue: 'N',
    }),
    days: Flags.integer({ summary: 'Length of a synthetic trace.', default: 7, min: 1, helpValue: 'N' }),
    invocations: Flags.integer({
      summary: 'Approximate number of invocations of a synthetic trace.',
      default: 1_000_000,
      min: 1,
      helpValue: 'N',
    }),
    sweep: Flags.boolean({ summary: 'Also run lam at seven fixed prices of memory.' }),
    out: Flags.string({
      summary: 'Folder for simulation.json, simulation.md, scatter.svg and added-latency.svg.',
      helpValue: 'FOLDER',
    }),
  };
  static override examples = [
    { description: 'All policies on a synthetic week', command: '<%= config.bin %> simulate' },
    {
      description: 'A trace of your own, on a smaller machine',
      command: '<%= config.bin %> simulate trace.csv --memory 16384',
    },
    {
      description: 'lam against ten minutes, with plots',
      command: '<%= config.bin %> simulate --policy lam --policy fixed --sweep --out simulation',
    },
    {
      description: 'How much better lam is than each other policy',
      command: '<%= config.bin %> simulate --seed 7 --json | jq .data.comparisons',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Simulate);
    const { out, cwd } = this.context(flags);
    const interrupt = (): void => process.exit(EXIT.interrupted);
    process.once('SIGINT', interrupt);
    try {
      const [trace, from] = await traceOf(args.trace, flags, cwd);
      const { memory: memoryMiB, cores, cold: bootMs, stem: stemMs } = flags;
      const policies =
        flags.policy === undefined ? POLICY_NAMES : POLICY_NAMES.filter((name) => flags.policy?.includes(name));
      const machine = { memoryMiB, cores, bootMs, stemMs, stemMiB: STEM_MIB };
      const scenario = { policies, machine, concurrency: flags.concurrency, isSweep: flags.sweep };
      const simulation = await simulate(trace, from, scenario, simulationProgress(out));
      // Before the result: under --json there is one object on stdout, the result or the failure.
      const written = flags.out === undefined ? [] : writeReport(resolve(cwd, flags.out), simulation);
      out.result(simulation, () => renderSimulation(simulation));
      for (const file of written) out.note(`wrote ${file}`);
    } finally {
      process.off('SIGINT', interrupt);
    }
    return EXIT.ok;
  }
}

/** Returns the trace and its title. */
async function traceOf(
  file: string | undefined,
  flags: { readonly seed: number; readonly functions: number; readonly days: number; readonly invocations: number },
  cwd: string,
): Promise<readonly [Trace, string]> {
  if (file !== undefined) return [await readAzureTrace(resolve(cwd, file), flags.seed), file];
  const { seed, functions, days, invocations } = flags;
  return [syntheticTrace({ seed, functions, days, invocations }), `a synthetic trace, seed ${seed}`];
}
