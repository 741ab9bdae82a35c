import { lamError } from '../../../errors/index.ts';
import type { Trial, TriggerAbout } from '../../running.ts';
import { listOf, selectionOf } from '../selection.ts';
import { FOLDER_DEFAULTS, type FolderTrigger } from '../settings.ts';
import { fileEvent } from './file-event.ts';

/** Returns what a test gives to the function: the records of files that count, of an event or of a sample. */
export function folderTrial(config: FolderTrigger, about: TriggerAbout, given: unknown): Trial {
  const event = given ?? sampleOf(config, about);
  const { Records: records } = event as { readonly Records?: unknown };
  const selection = selectionOf(config);
  if (!Array.isArray(records) || records.length === 0) return bad(config, about, "it has no records in 'Records'");
  const left = records.filter((record) => {
    const key = keyOf(record);
    return key === undefined ? bad(config, about, "a record has no text at 's3.object.key'") : selection.selects(key);
  });
  const filtered = records.length - left.length;
  return left.length === 0
    ? { event, filtered, isFiltered: true }
    : { event: { ...(event as object), Records: left }, filtered, isFiltered: false };
}

function bad({ type }: FolderTrigger, { functionName, name }: TriggerAbout, what: string): never {
  throw lamError('LAM_TRIGGERS_BAD_EVENT', { name: functionName, trigger: name, type, what });
}

/** The key of a record, decoded. */
function keyOf(record: unknown): string | undefined {
  const { key } = (record as { s3?: { object?: { key?: unknown } } } | null)?.s3?.object ?? {};
  if (typeof key !== 'string') return undefined;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function sampleOf(config: FolderTrigger, { clock, name, arns }: TriggerAbout): unknown {
  const { path, content } = { ...FOLDER_DEFAULTS, ...config };
  const bytes = fileEvent(
    {
      folder: path,
      trigger: name,
      key: sampleKey(config),
      at: clock.now(),
      requestId: SAMPLE_ID,
      sequence: clock.now() * 1000,
      version: { version: '6-0', changed: '0', changedAt: 0, size: 6, isMoved: false },
      ...(content ? { content: { content: Buffer.from('sample').toString('base64') } } : {}),
    },
    arns,
  );
  return JSON.parse(Buffer.from(bytes).toString()) as unknown;
}

const SAMPLE_ID = '00000000-0000-8000-8000-000000000000';

/** A key that the settings may select: by the first pattern, or else by the prefix and the first suffix. */
function sampleKey(config: FolderTrigger): string {
  const { prefix, suffix, include } = { ...FOLDER_DEFAULTS, ...config };
  const [pattern] = listOf(include);
  if (pattern === undefined) return `${prefix}sample${listOf(suffix)[0] ?? ''}`;
  return pattern
    .replaceAll('**/', '')
    .replaceAll(/\*+/g, 'sample')
    .replaceAll('?', 'x')
    .replaceAll(/\{([^,{}]*)[^{}]*\}|\[([^\]])[^\]]*\]/g, '$1$2');
}
