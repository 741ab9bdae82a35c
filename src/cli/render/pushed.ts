import { formatBytes, plural } from './format.ts';
import { safe } from './table.ts';

/** Lines about a push: what is where, and the reference that stays the same. */
export function renderPushed(answer: {
  readonly name: string;
  readonly version: number;
  readonly reference: string;
  readonly digest: string;
  readonly size: number;
  readonly sent: number;
  readonly signed: boolean;
}): string {
  const { name, version, reference, digest, size, sent, signed } = answer;
  const how = sent === 0 ? 'the registry had it' : sent < size ? `${formatBytes(sent)} sent` : 'sent';
  return [
    `pushed ${name} v${version} to ${safe(reference)}  ${formatBytes(size)}, ${how}${signed ? ', signed' : ''}`,
    `  lam deploy ${safe(`${reference.replace(/:[^/:]*$/, '')}@${digest}`)}`,
  ].join('\n');
}

/** A line about a folder that was made of a pushed version. */
export function renderPulled(pulled: {
  readonly name: string;
  readonly version: number;
  readonly directory: string;
  readonly files: number;
  readonly isTemplate: boolean;
  readonly from: string;
}): string {
  const { name, version, directory, files, isTemplate, from } = pulled;
  const what = isTemplate ? 'its template' : 'its code';
  return `pulled ${name} v${version} to ${safe(directory)}  ${what}, ${plural(files, 'file')}\n  from ${safe(from)}`;
}
