import { join } from 'node:path';
import { knownFunctionName, type ConfigInput, type FunctionConfig } from '../contract/index.ts';
import { parseRuntime } from '../runtimes/index.ts';
import type { TriggerKind } from '../triggers/index.ts';
import { triggersOf } from './triggers.ts';
import { entriesOf, settingOf, type Declaration } from './declaration.ts';
import type { SourceDocument } from './document.ts';
import { environmentText } from './environment-text.ts';
import type { BuildOptions, ProjectFunction } from './project.ts';

/** Converts a valid declaration to the units of the contract. */
export function projectFunction(
  declaration: Declaration,
  source: SourceDocument,
  root: string,
  kinds: readonly TriggerKind[],
): ProjectFunction {
  const path = settingOf(declaration, 'path')?.value;
  return {
    name: knownFunctionName(declaration.name),
    directory: typeof path === 'string' ? join(root, path) : root,
    config: configOf(declaration, source, kinds),
    build: buildOf(declaration),
  };
}

function configOf(
  declaration: Declaration,
  source: SourceDocument,
  kinds: readonly TriggerKind[],
): ProjectFunction['config'] {
  const value = (key: string): unknown => settingOf(declaration, key)?.value;
  const runtime = String(value('runtime'));
  const handler = value('handler');
  const environment = [...entriesOf(declaration, 'environment')].map(([key, setting]) => [
    key,
    environmentText(setting, source),
  ]);
  const config: { -readonly [K in keyof FunctionConfig]?: unknown } = {
    description: value('description'),
    timeoutMs: milliseconds(value('timeout')),
    memoryMiB: value('memory'),
    cpus: value('cpus'),
    pids: value('pids'),
    tmpMiB: value('tmp'),
    environment: environment.length === 0 ? undefined : Object.fromEntries(environment),
    network: value('network'),
    image: value('image'),
    concurrency: value('concurrency'),
    maxConcurrency: value('maxConcurrency'),
    maxQueue: value('queue'),
    minWarm: value('minWarm'),
    idleTimeoutMs: milliseconds(value('idle')),
    triggers: triggersOf(declaration, kinds),
  };
  const set = Object.fromEntries(Object.entries(config).filter(([, entry]) => entry !== undefined)) as ConfigInput;
  return {
    runtime,
    handler: typeof handler === 'string' ? handler : (parseRuntime(runtime)?.descriptor.handler.default ?? ''),
    ...set,
  };
}

function milliseconds(seconds: unknown): number | undefined {
  return typeof seconds === 'number' ? Math.round(seconds * 1000) : undefined;
}

function buildOf(declaration: Declaration): BuildOptions {
  const build = entriesOf(declaration, 'build');
  const command = build.get('command')?.value;
  const bundle = build.get('bundle')?.value;
  const include = build.get('include')?.value;
  return {
    ...(typeof command === 'string' ? { command } : {}),
    ...(typeof bundle === 'boolean' ? { bundle } : {}),
    include: Array.isArray(include) ? include.map(String) : [],
    dependencies: build.get('dependencies')?.value === 'none' ? 'none' : 'auto',
  };
}
