import { toolchainVersion } from '../../build/index.ts';
import type { DriverName } from '../../contract/index.ts';
import { probeDocker, type DockerProbe } from '../../driver/docker/probe.ts';
import { Interpreters } from '../../driver/shared/interpreters.ts';
import { isLamError, lamError } from '../../errors/index.ts';
import {
  DESCRIPTORS,
  FAMILIES,
  requireRuntime,
  supplyWords,
  type Interpreter,
  type Runtime,
  type RuntimeFamily,
  type Supply,
  type Toolchain,
} from '../../runtimes/index.ts';

/** Whether functions run with a driver; `why` not otherwise, as a clause. */
export interface DriverUse {
  readonly usable: boolean;
  readonly why: string | null;
}

/** A program that this machine lacks. */
export interface MissingProgram {
  /** With its oldest version: `Ruby 3.1 or newer`. */
  readonly title: string;
  readonly had: Supply;
}

/** A program that builds functions, as it is here. */
export interface ToolchainReport {
  readonly title: string;
  /** Null if no source is built without it. */
  readonly wantedFor: string | null;
  /** Null where this machine lacks it. */
  readonly version: string | null;
  readonly had: Supply;
}

/** What a runtime is on this machine. */
export interface RuntimeReport {
  readonly runtime: RuntimeFamily;
  readonly identifiers: readonly string[];
  /** AWS Lambda's identifiers that mean it. */
  readonly awsIdentifiers: readonly string[];
  /** With one driver at least. */
  readonly usable: boolean;
  /** Of what runs its functions, else of what builds them; null where nothing was found, or nothing is needed. */
  readonly version: string | null;
  /** The program that runs its functions; null for executables, and where none was found. */
  readonly program: string | null;
  /** The programs without which it is not usable, those that run it first; empty where it is usable. */
  readonly missing: readonly MissingProgram[];
  /** Where the program that runs its functions is had; null if it needs none but lam. */
  readonly had: Supply | null;
  readonly drivers: Readonly<Record<DriverName, DriverUse>>;
  readonly toolchains: readonly ToolchainReport[];
  /** A version other than the asked one runs it, as one sentence; else null. */
  readonly notice: string | null;
}

/** What all runtimes are on this machine. */
export interface MachineReport {
  readonly runtimes: readonly RuntimeReport[];
  readonly docker: DriverUse & { readonly engine: string | null };
}

/** Looks at this machine for every runtime. @param nodeCommand runs a Node program, whose path follows */
export async function allRuntimes(nodeCommand: readonly string[]): Promise<MachineReport> {
  const [look, docker] = await newLook(nodeCommand);
  const runtimes = FAMILIES.map((family) => look({ family, version: undefined, descriptor: DESCRIPTORS[family] }));
  return { runtimes: await Promise.all(runtimes), docker };
}

/**
 * Looks at this machine for the runtime that `identifier` means. Throws `LAM_REGISTRY_UNKNOWN_RUNTIME`, and
 * `LAM_DRIVER_RUNTIME_MISSING` where no version of it is here.
 */
export async function oneRuntime(identifier: string, nodeCommand: readonly string[]): Promise<RuntimeReport> {
  const runtime = requireRuntime(identifier);
  const [look] = await newLook(nodeCommand);
  const report = await look(runtime);
  const [first] = report.missing;
  if (first !== undefined)
    throw lamError('LAM_DRIVER_RUNTIME_MISSING', {
      runtime: identifier,
      wants: first.title,
      ...supplyWords(first.had),
    });
  return report;
}

type Look = (runtime: Runtime) => Promise<RuntimeReport>;

async function newLook(nodeCommand: readonly string[]): Promise<readonly [Look, MachineReport['docker']]> {
  const docker = engineUse(await probeDocker());
  const interpreters = new Interpreters(nodeCommand);
  const versions = new Map<string, Promise<string | null>>();
  // Several languages share toolchains that take a second to answer.
  const versionOf = (toolchain: Toolchain): Promise<string | null> => {
    const key = [toolchain.program, ...toolchain.ask].join(' ');
    const asked = versions.get(key) ?? toolchainVersion(toolchain);
    versions.set(key, asked);
    return asked;
  };
  return [(runtime) => reportOf(runtime, { interpreters, versionOf, docker }), docker];
}

/** What is known of this machine. */
interface Machine {
  readonly interpreters: Interpreters;
  readonly versionOf: (toolchain: Toolchain) => Promise<string | null>;
  readonly docker: DriverUse;
}

function engineUse(probe: DockerProbe): MachineReport['docker'] {
  return probe.ok
    ? { usable: true, why: null, engine: probe.engine }
    : { usable: false, why: probe.reason, engine: null };
}

/** What runs a runtime's functions. */
interface Found {
  readonly version: string | null;
  readonly program: string | null;
  readonly missing: readonly MissingProgram[];
  readonly notice: string | null;
}

async function reportOf(runtime: Runtime, { interpreters, versionOf, docker }: Machine): Promise<RuntimeReport> {
  const { identifiers, awsIdentifiers, entry } = runtime.descriptor;
  const interpreter = entry.kind === 'interpreter' ? entry.interpreter : undefined;
  const [runs, toolchains] = await Promise.all([
    found(interpreter, runtime.version, interpreters),
    Promise.all(
      runtime.descriptor.toolchains.map(async (toolchain): Promise<ToolchainReport> => {
        const { title, wantedFor, supply } = toolchain;
        return { title, wantedFor, version: await versionOf(toolchain), had: supply };
      }),
    ),
  ]);
  const always = toolchains.filter(({ wantedFor }) => wantedFor === null);
  const missing = [...runs.missing, ...always.filter(({ version }) => version === null)].map(({ title, had }) => ({
    title,
    had,
  }));
  return {
    runtime: runtime.family,
    identifiers,
    awsIdentifiers,
    usable: missing.length === 0,
    version: runs.version ?? always.find(({ version }) => version !== null)?.version ?? null,
    program: runs.program,
    missing,
    had: interpreter?.kind === 'on-path' ? interpreter.supply : null,
    drivers: {
      docker: docker.usable ? inContainers(missing, runs) : { usable: false, why: docker.why },
      process: entry.kind === 'image' ? ONLY_IN_CONTAINERS : here(missing),
    },
    toolchains,
    notice: runs.notice,
  };
}

const ONLY_IN_CONTAINERS: DriverUse = { usable: false, why: 'its functions are container images' };

function here(missing: readonly MissingProgram[]): DriverUse {
  const titles = missing.map(({ title }) => title).join(', ');
  if (missing.length === 0) return { usable: true, why: null };
  return { usable: false, why: `${titles} ${missing.length === 1 ? 'is' : 'are'} not on PATH` };
}

/** A container has the programs of this machine, or those of the image that lam.yaml names. */
function inContainers(missing: readonly MissingProgram[], runs: Found): DriverUse {
  const { usable, why } = here(missing);
  const isInImages = runs.missing.length > 0;
  return { usable, why: isInImages ? `${why}; an image that has it can be set in lam.yaml ('image')` : why };
}

async function found(
  interpreter: Interpreter | undefined,
  version: string | undefined,
  interpreters: Interpreters,
): Promise<Found> {
  if (interpreter === undefined) return { version: null, program: null, missing: [], notice: null };
  try {
    const { command, version: has, notice } = await interpreters.find(interpreter, version);
    return { version: has, program: command[0] ?? null, missing: [], notice };
  } catch (error) {
    if (!isLamError(error) || error.code !== 'LAM_DRIVER_RUNTIME_MISSING' || interpreter.kind !== 'on-path')
      throw error;
    const missing = [{ title: String(error.details['wants']), had: interpreter.supply }];
    return { version: null, program: null, missing, notice: null };
  }
}
