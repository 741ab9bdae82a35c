import type { Setting } from './declaration.ts';
import type { SourceDocument } from './document.ts';

/** Returns an environment value as text; numbers and booleans keep their source text, so `1.10` stays `1.10`. */
export function environmentText(setting: Setting, source: SourceDocument): string {
  if (typeof setting.value === 'string') return setting.value;
  if (typeof setting.value !== 'number' && typeof setting.value !== 'boolean') return '';
  return source.sourceText(setting.path) ?? String(setting.value);
}
