import { stat } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { LIMITS, OUTCOMES, parseLayerReference, RESERVED_ENVIRONMENT } from '../contract/index.ts';
import { KNOWN_RUNTIMES, nearestRuntimeTo, parseRuntime } from '../runtimes/index.ts';
import { readDestination, type TriggerKind } from '../triggers/index.ts';
import { neededFaults, triggerFaults } from './triggers.ts';
import { entriesOf, isMapping, settingOf, type Declaration } from './declaration.ts';
import type { SourceDocument } from './document.ts';
import type { ProjectFault } from './project.ts';
import { environmentText } from './environment-text.ts';

/**
 * Checks what the schema cannot express: runtimes, handlers, folders, environment, triggers. Skips values of a wrong
 * type, which the schema reports.
 */
export async function meaningFaults(
  source: SourceDocument,
  declarations: readonly Declaration[],
  root: string,
  kinds: readonly TriggerKind[],
): Promise<readonly ProjectFault[]> {
  const perFunction = await Promise.all(
    declarations.map(async (declaration) => [
      ...runtimeFaults(source, declaration),
      ...handlerFaults(source, declaration),
      ...(await pathFaults(source, declaration, root)),
      ...(await layerFaults(source, declaration, root)),
      ...environmentFaults(source, declaration),
      ...destinationFaults(source, declaration),
      ...(await neededFaults(source, declaration, root, kinds)),
    ]),
  );
  return [...perFunction.flat(), ...triggerFaults(source, declarations, kinds)];
}

function runtimeFaults(source: SourceDocument, declaration: Declaration): readonly ProjectFault[] {
  const runtime = settingOf(declaration, 'runtime');
  if (runtime === undefined) {
    const whose = declaration.own.path.length === 0 ? '' : ` of '${declaration.name}'`;
    return [
      source.fault(
        declaration.own.path,
        `'runtime'${whose} is missing; use one of ${KNOWN_RUNTIMES.join(', ')}`,
        'key',
      ),
    ];
  }
  if (typeof runtime.value !== 'string' || parseRuntime(runtime.value) !== undefined) return [];
  const { nearest: suggestion } = nearestRuntimeTo(runtime.value);
  const advice = suggestion === undefined ? `use one of ${KNOWN_RUNTIMES.join(', ')}` : `did you mean '${suggestion}'?`;
  return [source.fault(runtime.path, `unknown runtime '${runtime.value}'; ${advice}`)];
}

function handlerFaults(source: SourceDocument, declaration: Declaration): readonly ProjectFault[] {
  const handler = settingOf(declaration, 'handler');
  const runtime = settingOf(declaration, 'runtime')?.value;
  if (typeof handler?.value !== 'string' || typeof runtime !== 'string') return [];
  const fault = handler.value === '' ? undefined : parseRuntime(runtime)?.descriptor.handler.fault(handler.value);
  return fault === undefined ? [] : [source.fault(handler.path, `the handler '${handler.value}' ${fault}`)];
}

async function pathFaults(
  source: SourceDocument,
  declaration: Declaration,
  root: string,
): Promise<readonly ProjectFault[]> {
  const path = settingOf(declaration, 'path');
  if (typeof path?.value !== 'string' || path.value === '') return [];
  if (isAbsolute(path.value) || normalize(path.value).split('/').includes('..')) {
    return [source.fault(path.path, `the path '${path.value}' must stay inside the folder of lam.yaml`)];
  }
  const stats = await stat(join(root, path.value)).catch(() => undefined);
  if (stats?.isDirectory()) return [];
  return [source.fault(path.path, `the path '${path.value}' is not a folder`)];
}

async function layerFaults(
  source: SourceDocument,
  declaration: Declaration,
  root: string,
): Promise<readonly ProjectFault[]> {
  const layers = settingOf(declaration, 'layers');
  if (!Array.isArray(layers?.value)) return [];
  const faults: ProjectFault[] = [];
  for (const [at, layer] of (layers.value as unknown[]).entries()) {
    if (typeof layer !== 'string' || layer === '' || parseLayerReference(layer) !== undefined) continue;
    const what = await layerFault(layer, root);
    if (what !== undefined) faults.push(source.fault([...layers.path, at], `the layer '${layer}' ${what}`));
  }
  return faults;
}

async function layerFault(layer: string, root: string): Promise<string | undefined> {
  if (isAbsolute(layer) || normalize(layer).split('/').includes('..')) return 'must stay inside the folder of lam.yaml';
  const stats = await stat(join(root, layer)).catch(() => undefined);
  if (stats?.isDirectory() === true || (stats?.isFile() === true && layer.endsWith('.zip'))) return undefined;
  return stats === undefined
    ? 'does not exist; name a folder, a zip, or a published version as NAME:VERSION'
    : 'is neither a folder nor a zip';
}

/** Faults of destinations as texts, and those that no schema can express. */
function destinationFaults(source: SourceDocument, declaration: Declaration): readonly ProjectFault[] {
  const settings = entriesOf(declaration, 'async');
  return OUTCOMES.flatMap((outcome) => {
    const setting = settings.get(outcome);
    if (setting === undefined || (typeof setting.value !== 'string' && !isMapping(setting.value))) return [];
    const found = readDestination(setting.value);
    return 'fault' in found ? [source.fault(setting.path, `${outcome}: ${found.fault}`)] : [];
  });
}

function environmentFaults(source: SourceDocument, declaration: Declaration): readonly ProjectFault[] {
  const faults: ProjectFault[] = [];
  let bytes = 0;
  for (const [key, setting] of entriesOf(declaration, 'environment')) {
    const text = environmentText(setting, source);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) {
      faults.push(
        source.fault(
          setting.path,
          `the environment key '${key}' must begin with a letter or '_' and hold only a-z, A-Z, 0-9 and '_'`,
          'key',
        ),
      );
    }
    if (RESERVED_ENVIRONMENT.has(key))
      faults.push(source.fault(setting.path, `the environment key '${key}' is set by lam itself`, 'key'));
    if (text.includes('\0'))
      faults.push(source.fault(setting.path, `the value of the environment key '${key}' contains a NUL character`));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(text);
  }
  if (bytes > LIMITS.environmentBytes) {
    const place = settingOf(declaration, 'environment')?.path ?? declaration.own.path;
    const size = `${bytes} bytes, keys and values together; the limit is ${LIMITS.environmentBytes}`;
    faults.push(source.fault(place, `the environment of '${declaration.name}' takes ${size}`, 'key'));
  }
  return faults;
}
