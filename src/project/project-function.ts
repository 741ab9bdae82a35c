import { resolve } from 'node:path';
import { knownFunctionName, parseLayerReference, type ConfigInput, type FunctionConfig } from '../contract/index.ts';
import { parseRuntime } from '../runtimes/index.ts';
import { filesOfTriggers, type TriggerKind } from '../triggers/index.ts';
import { triggersOf } from './triggers.ts';
import { entriesOf, settingOf, type Declaration } from './declaration.ts';
import type { SourceDocument } from './document.ts';
import { environmentText } from './environment-text.ts';
import { handlerFolder, type LoneFunction } from './folders.ts';
import type { BuildOptions, ImageConfig, ProjectFunction, ProjectLayer } from './project.ts';

/** Converts a valid declaration to the units of the contract. */
export function projectFunction(
  declaration: Declaration,
  source: SourceDocument,
  root: string,
  kinds: readonly TriggerKind[],
): LoneFunction {
  const path = settingOf(declaration, 'path')?.value;
  const directory = typeof path === 'string' ? resolve(root, path) : root;
  const config = configOf(declaration, source, kinds);
  const needed = filesOfTriggers(config.triggers ?? [], kinds);
  return {
    name: knownFunctionName(declaration.name),
    directory,
    ownFolder: directory === root ? handlerFolder({ directory, config }) : directory,
    config,
    layers: layersOf(declaration, root),
    build: { ...buildOf(declaration), ...(needed.length === 0 ? {} : { needed }) },
    verify: settingOf(declaration, 'verify')?.value !== false,
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
    payload: payloadOf(value('payload')),
    image: value('image'),
    concurrency: value('concurrency'),
    maxConcurrency: value('maxConcurrency'),
    maxQueue: value('queue'),
    provisionedConcurrency: value('provisionedConcurrency'),
    idleTimeoutMs: milliseconds(value('idle')),
    rateLimit: value('rateLimit'),
    burst: value('burst'),
    reservedConcurrency: value('reservedConcurrency'),
    triggers: triggersOf(declaration, kinds),
    ...eventsOf(declaration),
  };
  const set = Object.fromEntries(Object.entries(config).filter(([, entry]) => entry !== undefined)) as ConfigInput;
  return {
    runtime,
    handler: typeof handler === 'string' ? handler : (parseRuntime(runtime)?.descriptor.handler.default ?? ''),
    ...set,
  };
}

/** The settings of asynchronous invocations: a map, or whether HTTP requests are queued. */
function eventsOf(declaration: Declaration): { -readonly [K in keyof FunctionConfig]?: unknown } {
  const whole = settingOf(declaration, 'async')?.value;
  const settings = entriesOf(declaration, 'async');
  const value = (key: string): unknown => settings.get(key)?.value;
  return {
    async: typeof whole === 'boolean' ? whole : value('always'),
    maximumRetryAttempts: value('maximumRetryAttempts'),
    maximumEventAgeMs: milliseconds(value('maximumEventAgeInSeconds')),
    eventVersion: value('eventVersion'),
    onSuccess: value('onSuccess'),
    onFailure: value('onFailure'),
    maximumQueuedEvents: value('maximumQueuedEvents'),
    maximumDeadLetters: value('maximumDeadLetters'),
  };
}

function layersOf(declaration: Declaration, root: string): readonly ProjectLayer[] {
  const layers = settingOf(declaration, 'layers')?.value;
  if (!Array.isArray(layers)) return [];
  return layers.map((layer) => {
    const source = String(layer);
    return { source, path: parseLayerReference(source) === undefined ? resolve(root, source) : null };
  });
}

/** `1.0` and `2.0` without quotes are numbers in YAML. */
function payloadOf(value: unknown): unknown {
  return typeof value === 'number' ? value.toFixed(1) : value;
}

function milliseconds(seconds: unknown): number | undefined {
  return typeof seconds === 'number' ? Math.round(seconds * 1000) : undefined;
}

/** Where a function is built. */
function placeOf(build: ReturnType<typeof entriesOf>): Pick<BuildOptions, 'inContainer' | 'image'> {
  const inContainer = build.get('inContainer')?.value;
  const image = build.get('image')?.value;
  return {
    ...(typeof inContainer === 'boolean' ? { inContainer } : {}),
    ...(typeof image === 'string' ? { image } : {}),
  };
}

function buildOf(declaration: Declaration): BuildOptions {
  const build = entriesOf(declaration, 'build');
  const command = build.get('command')?.value;
  const bundle = build.get('bundle')?.value;
  const dockerfile = build.get('dockerfile')?.value;
  const imageConfig = imageConfigOf(declaration);
  const include = build.get('include')?.value;
  return {
    ...(typeof command === 'string' ? { command } : {}),
    ...(typeof bundle === 'boolean' ? { bundle } : {}),
    ...(typeof dockerfile === 'string' ? { dockerfile } : {}),
    ...(imageConfig === undefined ? {} : { imageConfig }),
    ...placeOf(build),
    include: Array.isArray(include) ? include.map(String) : [],
    dependencies: build.get('dependencies')?.value === 'none' ? 'none' : 'auto',
  };
}

/** The overrides of an image; undefined without any. Their types were checked by the schema. */
function imageConfigOf(declaration: Declaration): ImageConfig | undefined {
  const entries = [...entriesOf(declaration, 'imageConfig')].map(([key, { value }]) => [key, value]);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as ImageConfig);
}
